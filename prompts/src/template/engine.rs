//! handlebars with nothing but variables and sections: its helpers and decorators are gone, and nothing is escaped.

use std::io;
use std::sync::LazyLock;

use handlebars::template::TemplateElement;
use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason, Renderable,
    Template, no_escape,
};
use serde_json::{Map, Value};

use super::{MAX_RENDERED, TemplateError, short};

/// Most bytes of a rendered text: a character has four at most.
const MAX_BYTES: usize = MAX_RENDERED * 4;
/// Where the sections' values stand among the variables: no variable can have this name.
const SECTIONS: &str = "#";
/// All that handlebars brings along; a section may have any of these names.
const BUILT_IN: [&str; 17] = [
    "if", "unless", "each", "with", "lookup", "raw", "log", "eq", "ne", "gt", "gte", "lt", "lte", "and",
    "or", "not", "len",
];

static ENGINE: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut engine = Handlebars::new();
    for name in BUILT_IN {
        engine.unregister_helper(name);
    }
    engine.register_escape_fn(no_escape);
    engine.set_strict_mode(true);
    engine.register_helper("blockHelperMissing", Box::new(section));
    engine
});

/// A text that [`super::scan`] let through, read.
pub(super) fn compile(text: &str) -> Result<Template, TemplateError> {
    Template::compile(text).map_err(|_| unreadable(text))
}

fn unreadable(text: &str) -> TemplateError {
    TemplateError::Syntax {
        problem: "this cannot be read",
        near: short(text),
    }
}

/// Every name that the template uses, in its order.
pub(super) fn names(template: &Template) -> Result<Vec<String>, TemplateError> {
    let mut names = Vec::new();
    collect(template, &mut names)?;
    Ok(names)
}

fn collect(template: &Template, names: &mut Vec<String>) -> Result<(), TemplateError> {
    for element in &template.elements {
        let (TemplateElement::Expression(found)
        | TemplateElement::HtmlExpression(found)
        | TemplateElement::HelperBlock(found)) = element
        else {
            if matches!(element, TemplateElement::RawString(_)) {
                continue;
            }
            return Err(unreadable(&format!("{element:?}")));
        };
        names.extend(found.name.as_name().map(str::to_owned));
        for inner in [&found.template, &found.inverse].into_iter().flatten() {
            collect(inner, names)?;
        }
    }
    Ok(())
}

/// The template with `values`, an object, put in, each as `say` says it.
pub(super) fn render(
    template: &Template,
    values: &Value,
    say: impl Fn(&Value) -> Option<String>,
) -> Result<String, TemplateError> {
    let context = Context::wraps(context(values, say)).map_err(|_| unreadable("the values"))?;
    let mut out = Bounded(String::new());
    let mut state = RenderContext::new(None);
    let Err(error) = template.render(&ENGINE, &context, &mut state, &mut out) else {
        return Ok(out.0);
    };
    let reason = error.reason();
    Err(if let RenderErrorReason::MissingVariable(name) = reason {
        TemplateError::NoValue {
            name: short(name.as_deref().unwrap_or_default()),
        }
    } else if let RenderErrorReason::IOError(_) = reason {
        TemplateError::TooLong
    } else {
        unreadable(&reason.to_string())
    })
}

/// The values that can be said, and for each section whether it is said: a list or a `true` is no word, but a reason to speak.
fn context(values: &Value, say: impl Fn(&Value) -> Option<String>) -> Value {
    let mut context = Map::new();
    let mut sections = Map::new();
    for (name, value) in values.as_object().into_iter().flatten() {
        sections.insert(name.clone(), Value::Bool(is_set(value)));
        if let Some(said) = say(value) {
            context.insert(name.clone(), Value::String(said));
        }
    }
    context.insert(SECTIONS.to_owned(), Value::Object(sections));
    Value::Object(context)
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(set) => *set,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(_) => true,
    }
}

/// A section: said, or what stands for it, by its value. Its inside sees the same values as its outside.
fn section<'reg, 'rc>(
    helper: &Helper<'rc>,
    engine: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let set = context
        .data()
        .get(SECTIONS)
        .and_then(|sections| sections.get(helper.name()));
    let inner = match set {
        Some(Value::Bool(true)) => helper.template(),
        Some(_) | None => helper.inverse(),
    };
    inner.map_or(Ok(()), |inner| inner.render(engine, context, state, out))
}

/// A text that refuses to grow beyond all measure.
struct Bounded(String);

impl Output for Bounded {
    fn write(&mut self, piece: &str) -> io::Result<()> {
        if self.0.len() + piece.len() > MAX_BYTES {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.0.push_str(piece);
        Ok(())
    }
}
