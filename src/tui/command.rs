//! The one table of commands: names, keys, documentation, when they are disabled and why. Key map, hint
//! bar, help, palette, `taxonova keys` and docs/keys.md are all made from it. It does nothing itself:
//! `update` says what a command does.

use super::state::State;
use super::why::*;

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// In every pane.
    Any,
    /// The list of objects.
    Objects,
    /// The tree.
    Taxonomy,
    /// The light curve.
    Curve,
    /// While a node is being moved.
    Move,
    /// While something is typed.
    Prompt,
    /// While help, a list or a question lies over the panes.
    Overlay,
}

impl Context {
    /// Whether this is a pane, where the keys of [`Context::Any`] hold as well.
    pub fn is_pane(self) -> bool {
        matches!(self, Context::Objects | Context::Taxonomy | Context::Curve)
    }

    /// As it is written in help.
    pub fn title(self) -> &'static str {
        match self {
            Context::Any => "everywhere",
            Context::Objects => "objects",
            Context::Taxonomy => "taxonomy",
            Context::Curve => "light curve",
            Context::Move => "while moving a class",
            Context::Prompt => "while typing",
            Context::Overlay => "in lists and questions",
        }
    }
}

/// Headings of help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Rows and panes.
    Moving,
    /// Finding objects.
    Objects,
    /// Editing the tree.
    Tree,
    /// What is folded.
    Folding,
    /// Weights and the decision.
    Weights,
    /// The light curve.
    Curve,
    /// Undo and files.
    Files,
    /// The program itself.
    Program,
    /// In prompts.
    Typing,
}

impl Group {
    /// All, in the order of help.
    pub const ALL: &[Group] = &[
        Group::Moving,
        Group::Objects,
        Group::Tree,
        Group::Folding,
        Group::Weights,
        Group::Curve,
        Group::Files,
        Group::Program,
        Group::Typing,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Moving => "Moving about",
            Group::Objects => "Objects",
            Group::Tree => "Editing the tree",
            Group::Folding => "Folding the tree",
            Group::Weights => "Class weights and decision",
            Group::Curve => "Light curve",
            Group::Files => "Undo and files",
            Group::Program => "Program",
            Group::Typing => "Typing",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Which.
    pub id: Cmd,
    /// Stable name, for configuration and documentation.
    pub name: &'static str,
    /// A few words.
    pub title: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Heading in help.
    pub group: Group,
    /// Where its keys hold.
    pub contexts: &'static [Context],
    /// Default keys, see [`super::keymap::Key::parse`].
    pub keys: &'static [&'static str],
    /// Word of the hint bar; empty = not there.
    pub hint: &'static str,
    /// Whether it may lose something that undo does not bring back.
    pub dangerous: bool,
    /// Why it can't be done now; none = it can.
    pub why_not: fn(&State) -> Option<&'static str>,
}

macro_rules! commands {
    ($( # $group:ident $( $id:ident $name:literal $title:literal [$($context:ident)*] [$($key:literal)*] $hint:literal $danger:ident $why:ident $doc:literal; )* )*) => {
        /// What can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Cmd { $( $( #[doc = $doc] $id, )* )* }

        /// The table.
        pub static COMMANDS: &[Command] = &[ $( $( Command {
            id: Cmd::$id,
            name: $name,
            title: $title,
            doc: $doc,
            group: Group::$group,
            contexts: &[$(Context::$context),*],
            keys: &[$($key),*],
            hint: $hint,
            dangerous: commands!(@$danger),
            why_not: $why,
        }, )* )* ];
    };
    (@safe) => { false };
    (@danger) => { true };
}

// id, name, title, contexts, keys, hint, danger, why not, doc. The hint bar shows the hints of a context in this order.
commands! {
    # Moving
    Down "down" "Next row" [Any Move Overlay] ["j" "down"] "" safe always "Selects the next row.";
    Up "up" "Previous row" [Any Move Overlay] ["k" "up"] "" safe always "Selects the previous row.";
    PageDown "page-down" "A page down" [Any Move Overlay] ["pagedown" "ctrl-d"] "" safe always "Goes a page down.";
    PageUp "page-up" "A page up" [Any Move Overlay] ["pageup" "ctrl-u"] "" safe always "Goes a page up.";
    Top "top" "First row" [Any Move Overlay] ["g" "home"] "" safe always "Goes to the first row.";
    Bottom "bottom" "Last row" [Any Move Overlay] ["G" "end"] "" safe always "Goes to the last row.";
    NextPane "next-pane" "Next pane" [Any] ["tab"] "pane" safe always "Goes to the next pane.";
    PreviousPane "previous-pane" "Previous pane" [Any] ["shift-tab"] "" safe always "Goes to the previous pane.";
    PaneObjects "pane-objects" "Objects pane" [Any] ["1"] "" safe always "Goes to the list of objects.";
    PaneTaxonomy "pane-taxonomy" "Taxonomy pane" [Any] ["2"] "" safe always "Goes to the taxonomy.";
    PaneCurve "pane-curve" "Light-curve pane" [Any] ["3"] "" safe always "Goes to the light curve.";
    Zoom "zoom" "Full screen" [Any] ["z"] "zoom" safe always "Gives the whole screen to the pane in focus, or takes it back.";
    Narrower "narrower" "Narrower pane" [Any] ["<"] "" safe not_zoomed "Makes the pane in focus narrower.";
    Wider "wider" "Wider pane" [Any] [">"] "" safe not_zoomed "Makes the pane in focus wider.";
    ResetPanes "reset-panes" "Reset the panes" [Any] ["="] "" safe always "Gives the panes their first sizes again.";

    # Objects
    OpenObject "open" "Go to its taxonomy" [Objects] ["enter"] "open" safe needs_object "Goes to the taxonomy with the cascade of the selected object.";
    Search "search" "Find an object" [Objects Curve] ["/"] "find" safe needs_object "Finds an object by a part of its name, as you type.";
    SearchNext "search-next" "Next match" [Objects Curve] ["n"] "" safe needs_search "Goes to the next object that matches the search.";
    SearchPrevious "search-previous" "Previous match" [Objects Curve] ["N"] "" safe needs_search "Goes to the previous object that matches the search.";
    SortObjects "sort" "Sort the objects" [Objects] ["o"] "sort" safe needs_object "Sorts by name, decision, probability, entropy, margin, points, peak magnitude or as read; the same again sorts in what has come since.";
    ReverseObjects "reverse" "Reverse the order" [Objects] ["O"] "" safe needs_object "Turns the order of the objects round.";
    FilterObjects "filter" "Filter the objects" [Objects] ["&"] "filter" safe needs_filterable "Shows only the objects of an expression, as p>0.8 class:SN n>20 name:ZTF21*, as you type; Esc shows all.";
    MarkObject "mark-object" "Mark" [Objects] ["v"] "mark" safe needs_shown "Marks the object or takes its mark away, and goes on; what is marked can be exported.";
    MarkShown "mark-shown" "Mark all shown" [Objects] ["V"] "" safe needs_shown "Marks all objects that are shown, or takes all their marks away.";
    ExportObjects "export" "Export to a file" [Objects] ["x"] "export" safe needs_targets "Writes the marked objects, or all that are shown, to a file: rows as classify writes them, or the names alone.";
    TruthFile "truth-file" "Labels from a file" [Objects] ["l"] "" safe needs_tree "Takes the objects' true classes from a file with the columns object_id and label; an empty name takes their own again.";
    Batch "batch" "Classify to a file" [Any] ["%"] "" safe can_batch "Classifies a folder, a file or a pattern to a file, as `taxonova classify` does, while everything else goes on; shows the batch once there is one.";
    NextObject "next-object" "Next object" [Any] ["."] "" safe needs_object "Selects the next object, from any pane.";
    PreviousObject "previous-object" "Previous object" [Any] [","] "" safe needs_object "Selects the previous object, from any pane.";

    # Tree
    AddChild "add-child" "Add a child" [Taxonomy] ["a"] "add" safe needs_node "Adds a class below the selected one.";
    AddSibling "add-sibling" "Add a sibling" [Taxonomy] ["A"] "" safe needs_inner_node "Adds a class after the selected one, on the same level.";
    Rename "rename" "Rename" [Taxonomy] ["r"] "rename" safe needs_node "Renames the selected class; the model still knows it by its lineage.";
    Move "move" "Move" [Taxonomy] ["m"] "move" safe needs_inner_targets "Moves the class, or the marked ones: choose the new parent, then Enter.";
    MoveTo "move-to" "Move to a named parent" [Taxonomy] ["P"] "" safe needs_inner_targets "Moves the class, or the marked ones, below a class whose name is typed.";
    MoveHere "move-here" "Put or merge here" [Move] ["enter"] "here" safe can_move_here "Makes the selected class the parent of what is being moved, or merges into it.";
    MoveUp "move-up" "Move up" [Taxonomy] ["K"] "" safe can_go_up "Exchanges the class with its sibling above.";
    MoveDown "move-down" "Move down" [Taxonomy] ["J"] "" safe can_go_down "Exchanges the class with its sibling below.";
    MoveOut "move-out" "Move out" [Taxonomy] ["H"] "" safe can_go_out "Moves the class a level up, behind its parent.";
    MoveIn "move-in" "Move in" [Taxonomy] ["L"] "" safe can_go_in "Moves the class a level down, into its sibling above.";
    Group "group" "Group under a new parent" [Taxonomy] ["p"] "group" safe needs_inner_targets "Puts the class, or the marked ones, under a new parent in its place.";
    Merge "merge" "Merge into another" [Taxonomy] ["x"] "merge" safe needs_inner_targets "Merges the class, or the marked ones, into the class that is chosen: their names become its aliases.";
    SplitOff "split-off" "Split off a label" [Taxonomy] ["X"] "" safe needs_labels "Makes an absorbed label or an alias of the class a child of its own.";
    Duplicate "duplicate" "Duplicate" [Taxonomy] ["y"] "" safe needs_inner_node "Copies the class with all below it, under new names.";
    Delete "delete" "Delete" [Taxonomy] ["d" "delete"] "delete" safe needs_inner_targets "Deletes the class, or the marked ones; asks what becomes of their children.";
    Exhaustive "exhaustive" "Exhaustive on or off" [Taxonomy] ["e"] "exhaustive" safe needs_node "Says whether the children cover the class. If not, it gets a residual \"other\".";
    Aliases "aliases" "Edit aliases" [Taxonomy] ["i"] "" safe needs_node "Edits the other names of the class, separated by commas.";
    Absorbs "absorbs" "Edit absorbed labels" [Taxonomy] ["b"] "" safe needs_node "Edits the finer labels that the class takes in, separated by commas.";
    Note "note" "Edit the note" [Taxonomy] ["o"] "" safe needs_node "Edits the remark that is kept with the class.";
    Title "title" "Title of the tree" [Taxonomy] ["~"] "" safe needs_tree "Edits the title of the tree.";
    Citation "citation" "Source of the tree" [Taxonomy] ["\""] "" safe needs_tree "Edits the remark where the tree comes from.";
    Mark "mark" "Mark" [Taxonomy] ["v"] "mark" safe needs_node "Marks the class or takes its mark away, and goes on; what can act on several acts on the marked ones.";
    MarkSiblings "mark-siblings" "Mark all siblings" [Taxonomy] ["V"] "" safe needs_inner_node "Marks the class and all its siblings, or takes all their marks away.";
    SearchClass "search-class" "Find a class" [Taxonomy] ["/"] "find" safe needs_tree "Finds a class by a part of its name or of an alias, as you type.";
    SearchClassNext "search-class-next" "Next class found" [Taxonomy] ["n"] "" safe needs_class_search "Goes to the next class that matches the search.";
    SearchClassPrevious "search-class-previous" "Previous class found" [Taxonomy] ["N"] "" safe needs_class_search "Goes to the previous class that matches the search.";
    FilterClasses "filter-classes" "Filter the tree" [Taxonomy] ["&"] "" safe needs_tree "Shows only the classes with a text in a name or alias, and the way to them; Esc shows all.";

    # Folding
    ToggleFold "toggle-fold" "Fold or unfold" [Taxonomy] ["enter" "space"] "fold" safe needs_children "Hides or shows what lies below the class.";
    Fold "fold" "Fold, or go to the parent" [Taxonomy Move] ["left" "h"] "" safe needs_tree "Folds the class, or goes to its parent.";
    Unfold "unfold" "Unfold, or go to the child" [Taxonomy Move] ["right" "l"] "" safe needs_tree "Unfolds the class, or goes to its first child.";
    FoldAll "fold-all" "Fold all" [Taxonomy] ["C"] "" safe needs_tree "Folds everything below the first level.";
    UnfoldAll "unfold-all" "Unfold all" [Taxonomy] ["O"] "" safe needs_tree "Unfolds everything.";
    FoldBelow "fold-below" "Fold all below it" [Taxonomy] ["_"] "" safe needs_children "Folds the class and everything below it.";
    UnfoldBelow "unfold-below" "Unfold all below it" [Taxonomy] ["*"] "" safe needs_children "Unfolds the class and everything below it.";

    # Weights
    AlphaDown "alpha-down" "Less alpha" [Taxonomy] ["("] "" safe needs_tree "Lowers alpha: deep levels weigh more. lambda = exp(-alpha depth).";
    AlphaUp "alpha-up" "More alpha" [Taxonomy] [")"] "" safe needs_tree "Raises alpha: deep levels weigh less. lambda = exp(-alpha depth).";
    BetaDown "beta-down" "Less beta" [Taxonomy] ["{"] "" safe needs_tree "Lowers beta: classes are weighted more alike. W = (N / K n)^beta.";
    BetaUp "beta-up" "More beta" [Taxonomy] ["}"] "" safe needs_tree "Raises beta: rare classes weigh more. W = (N / K n)^beta.";
    WeightForm "weight-form" "Form of the weights" [Taxonomy] ["f"] "" safe needs_tree "Steps through the forms: a weight per node, one per label, none.";
    WeightCount "weight-count" "What K counts" [Taxonomy] ["c"] "" safe needs_tree "K in W = (N / K n)^beta counts the labels that occur, or the nodes.";
    Columns "columns" "Columns of the weights" [Taxonomy] ["w"] "weights" safe needs_tree "Shows all columns of the weights, or gives the room to the bars again.";
    Counts "counts" "Numbers of examples" [Taxonomy] ["#"] "" safe needs_node "Types the number of examples of a class, or takes all from the model, from labels or from a file.";
    TauDown "tau-down" "Lower threshold" [Any] ["-"] "" safe always "Lowers tau: decisions go deeper, and are less certain.";
    TauUp "tau-up" "Higher threshold" [Any] ["+"] "" safe always "Raises tau: decisions stop earlier, and are more certain.";

    # Curve
    FluxMode "flux" "Magnitude or flux" [Curve] ["m"] "mag/flux" safe needs_object "Changes between magnitudes and fluxes.";
    FoldCurve "fold-curve" "Fold on a period" [Curve] ["f"] "fold" safe needs_object "Folds the light curve on its period, which is looked for if none is known; once more unfolds it.";
    ZoomIn "zoom-in" "Zoom in" [Curve] ["i"] "in" safe needs_object "Shows a shorter time around the point that is looked at, the time cursor or the middle; the wheel does too.";
    ZoomOut "zoom-out" "Zoom out" [Curve] ["o"] "out" safe needs_object "Shows a longer time.";
    Why "why" "Which points matter" [Curve] ["w"] "why" safe needs_model_object "Leaves out each point, then each night, and shows by intensity how much P of the selected class hangs on it.";
    WhyList "why-list" "Table of what matters" [Curve] ["V"] "" safe needs_influence "Lists by how much P of the selected class changes without each point or night.";
    NextPoint "next-point" "Next point" [Curve] [")"] "" safe needs_object "Looks at the next point from left to right: band, time, value and error are read out.";
    PreviousPoint "previous-point" "Previous point" [Curve] ["("] "" safe needs_object "Looks at the previous point.";
    ZoomInY "zoom-in-y" "Zoom in vertically" [Curve] ["I"] "" safe needs_object "Shows a smaller range of magnitudes or fluxes.";
    ZoomOutY "zoom-out-y" "Zoom out vertically" [Curve] ["O"] "" safe needs_object "Shows a larger range of magnitudes or fluxes.";
    PanLeft "pan-left" "Pan left" [Curve] ["H" "shift-left"] "" safe needs_object "Moves the part that is seen to earlier times; dragging with the mouse does too.";
    PanRight "pan-right" "Pan right" [Curve] ["L" "shift-right"] "" safe needs_object "Moves the part that is seen to later times.";
    PanUp "pan-up" "Pan up" [Curve] ["K" "shift-up"] "" safe needs_object "Moves the part that is seen up.";
    PanDown "pan-down" "Pan down" [Curve] ["J" "shift-down"] "" safe needs_object "Moves the part that is seen down.";
    FitY "fit-y" "Fit vertically" [Curve] ["a"] "" safe needs_object "Fits the vertical range to the points in sight.";
    ResetZoom "reset-zoom" "Show all" [Curve] ["r"] "all" safe needs_object "Shows the whole light curve again.";
    NextBand "next-band" "Choose a band" [Curve] ["b"] "band" safe needs_object "Chooses the next band of the legend.";
    PreviousBand "previous-band" "Choose the band before" [Curve] ["backspace"] "" safe needs_object "Chooses the previous band of the legend.";
    HideBand "hide-band" "Hide or show the band" [Curve] ["x"] "" safe needs_object "Hides the chosen band or shows it again; the model still uses it. A click in the legend does too.";
    OnlyBand "only-band" "This band alone" [Curve] ["X"] "" safe needs_object "Shows the chosen band alone, or all bands again.";
    FitBand "fit-band" "Fit to the band" [Curve] ["v"] "" safe needs_object "Fits the plot to the points of the chosen band.";
    TimeAxis "time-axis" "Days or dates" [Curve] ["d"] "" safe needs_object "Counts days since the first detection, or Modified Julian dates.";
    TypePeriod "type-period" "Type a period" [Curve] ["P"] "" safe needs_object "Folds on a period that is typed, as 0.5678, 4.5h or 30min.";
    HalfPeriod "half-period" "Half the period" [Curve] ["{"] "" safe needs_period "Folds on half the period.";
    DoublePeriod "double-period" "Double the period" [Curve] ["}"] "" safe needs_period "Folds on twice the period.";
    NextPeriod "next-period" "Next peak" [Curve] ["c"] "" safe needs_peaks "Folds on the next best peak of the periodogram; after the last on the best again.";
    PeriodList "period-list" "Periods that were found" [Curve] ["C"] "" safe needs_peaks "Lists the peaks of the periodogram with their false-alarm probabilities.";
    History "history" "History on or off" [Curve] ["y"] "history" safe needs_model_object "Shows below the light curve how P of the classes of a level rose and fell as it became known.";
    HistoryLevel "history-level" "Level of the history" [Curve] ["Y"] "" safe needs_model_object "Shows the history of the classes of the next lower level.";
    SaveFigure "save-figure" "Save a figure" [Curve] ["A"] "" safe needs_object "Writes the light curve as it is shown, with history and cascade, as SVG or PNG for a paper.";
    ErrorBars "error-bars" "Error bars" [Curve] ["e"] "errors" safe needs_object "Steps through dimmed error bars, error bars in the colour of their band, and none.";
    Markers "markers" "Symbols or dots" [Curve] ["p"] "symbols" safe needs_object "Draws points as symbols, braille dots, half blocks, in ASCII, or as there is room.";
    TimeCursor "time-cursor" "Time cursor on or off" [Any] ["t"] "time" safe needs_model_object "Shows the cascade as it was when only a part of the light curve was known.";
    TimeBack "time-back" "Earlier" [Any] ["["] "" safe needs_model_object "Moves the time cursor to the observation before.";
    TimeForward "time-forward" "Later" [Any] ["]"] "" safe needs_model_object "Moves the time cursor to the next observation.";
    TimeLeft "time-left" "Earlier" [Curve] ["left" "h"] "" safe needs_model_object "Moves the time cursor to the observation before.";
    TimeRight "time-right" "Later" [Curve] ["right" "l"] "" safe needs_model_object "Moves the time cursor to the next observation.";
    TimeAll "time-all" "All the light curve" [Any] ["0"] "" safe needs_cursor "Takes the time cursor away: the whole light curve is classified.";

    # Files
    Undo "undo" "Undo" [Any] ["u"] "undo" safe can_undo "Takes back the last edit of the tree.";
    Redo "redo" "Redo" [Any] ["U" "ctrl-r"] "" safe can_redo "Does again what was taken back.";
    Save "save" "Save the tree" [Any] ["s"] "save" safe needs_tree "Writes the tree to its file; asks for a name if it has none.";
    SaveAs "save-as" "Save the tree as" [Any] ["S"] "" safe needs_tree "Writes the tree to another file; asks before it overwrites one.";
    Reload "reload" "Read the tree again" [Any] ["R"] "" danger needs_file "Reads the tree's file again; asks if there are unsaved edits, and undo brings them back.";

    Findings "findings" "Check the tree" [Any] ["!"] "" safe needs_tree "Lists what is wrong or doubtful in the tree; Enter goes to the class.";

    Diff "diff" "Compare the tree" [Any] ["D"] "" safe needs_tree "Lists what differs from the saved file, from the model's tree or from another file, and whose decision changes.";
    Labels "labels" "Labels and classes" [Any] ["@"] "" safe needs_tree "Lists which class each label means; what fits none can be made an alias with one key.";
    Refit "refit" "Refit the model" [Any] ["F"] "refit" safe can_refit "Fits the last layer of the model anew for this tree and its weights, in seconds; once more, or Esc, stops it.";
    PreviousModel "previous-model" "Model before the refit" [Any] ["B"] "" safe needs_previous_model "Goes back to the model as it was before the refit.";
    SaveModel "save-model" "Save the refitted model" [Any] ["W"] "" safe needs_new_model "Writes the refitted model to a file, with its reference set beside it.";
    OpenTree "open-tree" "Open a tree" [Any] [";"] "" safe needs_tree "Opens a tree from a file, in any of the formats that can be read.";

    # Program
    Help "help" "Help" [Any Move] ["?"] "" safe always "Lists all keys.";
    Palette "palette" "Commands" [Any] [":"] "" safe always "Finds a command by name and runs it.";
    Errors "errors" "What could not be read" [Any] ["E"] "" safe needs_errors "Lists the files and rows that could not be read.";
    Theme "theme" "Next theme" [Any] ["T"] "" safe always "Steps through the themes: dark, light, without colour.";
    Mouse "mouse" "Mouse on or off" [Any] ["M"] "" safe always "Gives the mouse back to the terminal, for selecting text, or takes it.";
    Redraw "redraw" "Draw again" [Any Move Overlay Prompt] ["ctrl-l"] "" safe always "Draws the whole screen again.";
    Suspend "suspend" "Suspend" [Any Move Overlay Prompt] ["ctrl-z"] "" safe always "Stops the program; `fg` brings it back.";
    Back "back" "Back" [Any Move Overlay] ["esc"] "" safe always "Leaves whatever was begun, and never the program.";
    Quit "quit" "Quit" [Any] ["q"] "quit" danger always "Leaves the program; asks if the tree has unsaved edits.";
    Interrupt "interrupt" "Interrupt" [Any Move Overlay Prompt] ["ctrl-c"] "" danger always "Leaves the program; asks once if the tree has unsaved edits.";

    # Typing
    Accept "accept" "Accept" [Prompt Overlay] ["enter"] "accept" safe always "Accepts what was typed or chosen.";
    Cancel "cancel" "Leave" [Prompt] ["esc"] "leave" safe always "Leaves the prompt; nothing is changed.";
    Close "close" "Close" [Overlay] ["q"] "" safe always "Closes help, the list or the question.";
    EntryUp "entry-up" "Entry above" [Prompt] ["up" "ctrl-p"] "" safe always "Selects the entry above, in the list of commands.";
    EntryDown "entry-down" "Entry below" [Prompt] ["down" "ctrl-n"] "" safe always "Selects the entry below, in the list of commands.";
    InputLeft "input-left" "A character left" [Prompt] ["left"] "" safe always "Moves the text cursor left.";
    InputRight "input-right" "A character right" [Prompt] ["right"] "" safe always "Moves the text cursor right.";
    InputStart "input-start" "Start of the line" [Prompt] ["home" "ctrl-a"] "" safe always "Moves the text cursor to the start.";
    InputEnd "input-end" "End of the line" [Prompt] ["end" "ctrl-e"] "" safe always "Moves the text cursor to the end.";
    InputBackspace "input-backspace" "Delete before" [Prompt] ["backspace"] "" safe always "Deletes the character before the text cursor.";
    InputDelete "input-delete" "Delete after" [Prompt] ["delete"] "" safe always "Deletes the character under the text cursor.";
    InputDeleteWord "input-delete-word" "Delete the word" [Prompt] ["ctrl-w"] "" safe always "Deletes the word before the text cursor.";
    InputClear "input-clear" "Delete the line" [Prompt] ["ctrl-u"] "" safe always "Deletes everything before the text cursor.";
}

impl Cmd {
    /// Its row.
    pub fn command(self) -> &'static Command {
        // The table and the enum are written by the same macro, in the same order.
        &COMMANDS[self as usize]
    }
}

impl Command {
    /// Whether it makes sense in the palette, which is open when it is run.
    pub fn in_palette(&self) -> bool {
        !matches!(self.group, Group::Typing | Group::Moving) && !matches!(self.id, Cmd::Palette | Cmd::MoveHere | Cmd::Back)
            || matches!(self.id, Cmd::Zoom | Cmd::ResetPanes | Cmd::PaneObjects | Cmd::PaneTaxonomy | Cmd::PaneCurve)
    }

    /// Its keys as they are written in help, joined.
    pub fn key_labels(&self) -> String {
        self.keys.iter().map(|k| super::keymap::label(k)).collect::<Vec<_>>().join(" ")
    }
}

/// The whole table as Markdown: what `taxonova keys` prints and docs/keys.md holds.
pub fn keys_markdown() -> String {
    let mut out = String::from(
        "# Keys\n\nPrinted by `taxonova keys` from the command table. `?` shows the same inside the program, `:` finds a command by name.\n",
    );
    for group in Group::ALL {
        out.push_str(&format!("\n## {}\n\n| key | command | where | what it does |\n|---|---|---|---|\n", group.title()));
        for c in COMMANDS.iter().filter(|c| c.group == *group) {
            let keys = c.keys.iter().map(|k| format!("`{}`", super::keymap::label(k))).collect::<Vec<_>>().join(" ");
            let contexts = c.contexts.iter().map(|c| c.title()).collect::<Vec<_>>().join(", ");
            out.push_str(&format!("| {keys} | {} | {contexts} | {} |\n", c.title, c.doc.replace('|', "\\|")));
        }
    }
    out.push_str("\n## Filter of objects\n\nWhat `&` takes in the list of objects.\n\n");
    out.push_str(&crate::filter::markdown());
    out
}

#[cfg(test)]
mod tests {
    use super::super::keymap::{Key, Keymap};
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn names_are_unique_and_everything_is_documented() {
        let mut names = HashSet::new();
        for (i, c) in COMMANDS.iter().enumerate() {
            assert_eq!(c.id as usize, i);
            assert!(names.insert(c.name), "{} twice", c.name);
            assert!(c.name.chars().all(|ch| ch.is_ascii_lowercase() || ch == '-'), "{}", c.name);
            assert!(!c.title.is_empty() && c.doc.ends_with('.'), "{}", c.name);
            assert!(!c.contexts.is_empty(), "{}", c.name);
        }
    }

    #[test]
    fn every_command_has_a_key_of_its_own_in_its_contexts() {
        let map = Keymap::default();
        let mut taken: HashMap<(Context, Key), &str> = HashMap::new();
        for c in COMMANDS {
            assert!(!c.keys.is_empty(), "{} has no key", c.name);
            for name in c.keys {
                let key = Key::parse(name).unwrap_or_else(|| panic!("{}: bad key {name}", c.name));
                for context in c.contexts {
                    if let Some(other) = taken.insert((*context, key), c.name) {
                        panic!("{name} means {other} and {} in {context:?}", c.name);
                    }
                    let pane = if *context == Context::Any { Context::Objects } else { *context };
                    assert_eq!(map.lookup(pane, key), Some(c.id), "{name} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn multiplexer_keys_are_left_alone() {
        for c in COMMANDS {
            for k in ["ctrl-b", "ctrl-g", "ctrl-o"] {
                assert!(!c.keys.contains(&k), "{} takes {k}", c.name);
            }
        }
    }
}
