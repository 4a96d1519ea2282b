//! A small writer of ONNX graphs: f32 tensors, the operators that the network needs (ir 8, opset 17).

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto, type_proto,
};

/// A graph under construction. Names of tensors are returned by the operators.
#[derive(Debug, Default)]
pub struct GraphWriter {
    graph: GraphProto,
    next: usize,
    prefix: &'static str,
}

impl GraphWriter {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        GraphWriter { graph: GraphProto { name: name.into(), ..Default::default() }, next: 0, prefix: "" }
    }

    /// Goes on with a graph; the names of what is added begin with `prefix`, which no name in the graph may.
    pub fn resume(graph: GraphProto, prefix: &'static str) -> Self {
        GraphWriter { graph, next: 0, prefix }
    }

    /// Declares an input [batch, width].
    pub fn input(&mut self, name: &str, width: usize) -> String {
        self.graph.input.push(value_info(name, width));
        name.into()
    }

    /// Declares `tensor` as the output `name` [batch, width].
    pub fn output(&mut self, tensor: &str, name: &str, width: usize) {
        self.push("Identity", &[tensor], Some(name), Vec::new());
        self.graph.output.push(value_info(name, width));
    }

    /// An f32 constant, row-major.
    pub fn floats(&mut self, dims: &[usize], data: &[f32]) -> String {
        let raw = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(dims, DataType::Float, raw)
    }

    /// An f32 constant under a name of its own, by which a reader finds it.
    pub fn named_floats(&mut self, name: &str, dims: &[usize], data: &[f32]) -> String {
        let raw = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.named_initializer(name.into(), dims, DataType::Float, raw)
    }

    /// A constant kept in half precision in the file and widened to f32 in the graph; the values must be exact in f16.
    pub fn halves(&mut self, dims: &[usize], data: &[f32]) -> String {
        let raw = data.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
        let narrow = self.initializer(dims, DataType::Float16, raw);
        self.op_with("Cast", &[&narrow], &[("to", DataType::Float as i64)])
    }

    /// An i64 constant.
    pub fn ints(&mut self, data: &[i64]) -> String {
        let raw = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(&[data.len()], DataType::Int64, raw)
    }

    fn initializer(&mut self, dims: &[usize], kind: DataType, raw_data: Vec<u8>) -> String {
        let name = self.fresh("c");
        self.named_initializer(name, dims, kind, raw_data)
    }

    fn named_initializer(&mut self, name: String, dims: &[usize], kind: DataType, raw_data: Vec<u8>) -> String {
        let dims = dims.iter().map(|&d| d as i64).collect();
        self.graph.initializer.push(TensorProto { dims, data_type: kind as i32, raw_data, name: name.clone(), ..Default::default() });
        name
    }

    /// An operator with tensor inputs and no attributes.
    pub fn op(&mut self, kind: &str, inputs: &[&str]) -> String {
        self.push(kind, inputs, None, Vec::new())
    }

    /// An operator with integer attributes.
    pub fn op_with(&mut self, kind: &str, inputs: &[&str], attributes: &[(&str, i64)]) -> String {
        let attributes = attributes
            .iter()
            .map(|(name, i)| AttributeProto { name: (*name).into(), r#type: AttributeType::Int as i32, i: *i, ..Default::default() })
            .collect();
        self.push(kind, inputs, None, attributes)
    }

    /// A reduction over axis 1 of [B, N] that takes its axes as an attribute and keeps them.
    pub fn reduce(&mut self, kind: &str, input: &str) -> String {
        let axes = AttributeProto { name: "axes".into(), r#type: AttributeType::Ints as i32, ints: vec![1], ..Default::default() };
        let keep = AttributeProto { name: "keepdims".into(), r#type: AttributeType::Int as i32, i: 1, ..Default::default() };
        self.push(kind, &[input], None, vec![axes, keep])
    }

    fn push(&mut self, kind: &str, inputs: &[&str], output: Option<&str>, attribute: Vec<AttributeProto>) -> String {
        let output = output.map_or_else(|| self.fresh("t"), str::to_string);
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|i| (*i).into()).collect(),
            output: vec![output.clone()],
            name: format!("{kind}_{output}"),
            op_type: kind.into(),
            attribute,
            ..Default::default()
        });
        output
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{}{kind}{}", self.prefix, self.next)
    }

    /// The graph alone.
    pub fn into_graph(self) -> GraphProto {
        self.graph
    }

    /// The file's bytes.
    pub fn finish(self, metadata: Vec<(String, String)>) -> Vec<u8> {
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
            producer_name: "taxonova".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            graph: Some(self.graph),
            metadata_props: metadata.into_iter().map(|(key, value)| StringStringEntryProto { key, value }).collect(),
            ..Default::default()
        };
        model.encode_to_vec()
    }
}

fn value_info(name: &str, width: usize) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dim = |value| Dimension { denotation: String::new(), value: Some(value) };
    let shape = TensorShapeProto { dim: vec![dim(Value::DimParam("batch".into())), dim(Value::DimValue(width as i64))] };
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto { denotation: String::new(), value: Some(type_proto::Value::TensorType(tensor)) }),
        doc_string: String::new(),
    }
}
