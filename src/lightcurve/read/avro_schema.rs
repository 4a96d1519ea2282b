//! Avro schemas, flattened so that values can be read without looking names up. Knows nothing of alerts.

use std::collections::HashMap;

/// Schemas and values are nested at most so deep.
pub(super) const MAX_DEPTH: usize = 64;

/// What a schema says about a value. Indices are into [`Shapes`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Null,
    Boolean,
    /// `int`, `long` and what is stored like them.
    Integer,
    Float,
    Double,
    /// `bytes` and `string`.
    Bytes,
    Fixed(usize),
    Enum(Vec<String>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record {
        name: String,
        fields: Vec<(String, usize)>,
    },
}

/// A schema, flat; the root is [`Shapes::root`].
#[derive(Debug)]
pub(super) struct Shapes {
    all: Vec<Shape>,
    names: HashMap<String, usize>,
    root: usize,
}

impl Shapes {
    /// Reads the JSON of a schema.
    pub fn parse(json: &[u8]) -> Result<Shapes, String> {
        let json: serde_json::Value = serde_json::from_slice(json).map_err(|e| format!("the schema is no JSON: {e}"))?;
        let mut shapes = Shapes { all: Vec::new(), names: HashMap::new(), root: 0 };
        shapes.root = shapes.add(&json, "", 0)?;
        Ok(shapes)
    }

    pub fn root(&self) -> usize {
        self.root
    }

    /// The name of the file's records.
    pub fn name(&self) -> &str {
        match self.get(self.root) {
            Shape::Record { name, .. } => name,
            _ => "something other than records",
        }
    }

    pub fn get(&self, shape: usize) -> &Shape {
        self.all.get(shape).unwrap_or(&Shape::Null)
    }

    /// The fields of a record, or of the record that a union or an array holds.
    pub fn fields(&self, shape: usize) -> Option<&[(String, usize)]> {
        match self.get(shape) {
            Shape::Record { fields, .. } => Some(fields),
            Shape::Array(item) => match self.get(*item) {
                Shape::Record { fields, .. } => Some(fields),
                _ => None,
            },
            Shape::Union(branches) => branches.iter().find_map(|b| match self.get(*b) {
                Shape::Union(_) => None,
                _ => self.fields(*b),
            }),
            _ => None,
        }
    }

    /// The shape of a field.
    pub fn field(&self, shape: usize, name: &str) -> Option<usize> {
        self.fields(shape)?.iter().find(|f| f.0 == name).map(|f| f.1)
    }

    fn push(&mut self, shape: Shape) -> usize {
        self.all.push(shape);
        self.all.len() - 1
    }

    fn add(&mut self, json: &serde_json::Value, namespace: &str, depth: usize) -> Result<usize, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the schema is nested more than {MAX_DEPTH} deep"));
        }
        match json {
            serde_json::Value::String(name) => self.named(name, namespace),
            serde_json::Value::Array(branches) => {
                let branches = branches.iter().map(|b| self.add(b, namespace, depth + 1)).collect::<Result<_, _>>()?;
                Ok(self.push(Shape::Union(branches)))
            }
            serde_json::Value::Object(object) => {
                let text = |key: &str| object.get(key).and_then(|v| v.as_str());
                let Some(kind) = text("type") else {
                    // {"type": {...}} and {"type": [...]} wrap another schema.
                    let inner = object.get("type").ok_or("a schema without a type")?;
                    return self.add(inner, namespace, depth + 1);
                };
                match kind {
                    "array" => {
                        let item = self.add(object.get("items").ok_or("an array without items")?, namespace, depth + 1)?;
                        Ok(self.push(Shape::Array(item)))
                    }
                    "map" => {
                        let value = self.add(object.get("values").ok_or("a map without values")?, namespace, depth + 1)?;
                        Ok(self.push(Shape::Map(value)))
                    }
                    "record" | "error" | "enum" | "fixed" => self.add_named(kind, object, namespace, depth),
                    other => self.named(other, namespace),
                }
            }
            _ => Err("a schema that is no name, object or list".to_string()),
        }
    }

    fn add_named(
        &mut self,
        kind: &str,
        object: &serde_json::Map<String, serde_json::Value>,
        outer: &str,
        depth: usize,
    ) -> Result<usize, String> {
        let text = |key: &str| object.get(key).and_then(|v| v.as_str());
        let list = |key: &str| object.get(key).and_then(|v| v.as_array());
        let name = text("name").ok_or_else(|| format!("a type {kind} without a name"))?;
        let name = match (name.contains('.'), text("namespace").unwrap_or(outer)) {
            (true, _) | (_, "") => name.to_string(),
            (false, namespace) => format!("{namespace}.{name}"),
        };
        let namespace = name.rsplit_once('.').map_or("", |n| n.0).to_string();
        // Registered before its fields are read, because they may refer to it.
        let index = self.push(Shape::Null);
        self.names.insert(name.clone(), index);
        let shape = match kind {
            "fixed" => Shape::Fixed(
                object.get("size").and_then(|s| s.as_u64()).and_then(|s| s.try_into().ok()).ok_or("a fixed type without a size")?,
            ),
            "enum" => Shape::Enum(list("symbols").into_iter().flatten().map(|s| s.as_str().unwrap_or("?").to_string()).collect()),
            _ => {
                let mut fields = Vec::new();
                for field in list("fields").ok_or_else(|| format!("record {name} without fields"))? {
                    let field_name =
                        field.get("name").and_then(|n| n.as_str()).ok_or_else(|| format!("a field of {name} without a name"))?;
                    let shape = self.add(field.get("type").ok_or("a field without a type")?, &namespace, depth + 1)?;
                    fields.push((field_name.to_string(), shape));
                }
                Shape::Record { name, fields }
            }
        };
        if let Some(slot) = self.all.get_mut(index) {
            *slot = shape;
        }
        Ok(index)
    }

    fn named(&mut self, name: &str, namespace: &str) -> Result<usize, String> {
        let shape = match name {
            "null" => Shape::Null,
            "boolean" => Shape::Boolean,
            "int" | "long" => Shape::Integer,
            "float" => Shape::Float,
            "double" => Shape::Double,
            "bytes" | "string" => Shape::Bytes,
            name => {
                let full = format!("{namespace}.{name}");
                let known = self.names.get(&full).or_else(|| self.names.get(name));
                return known.copied().ok_or_else(|| format!("the schema refers to the unknown type {name}"));
            }
        };
        Ok(self.push(shape))
    }
}
