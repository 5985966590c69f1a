//! One operation on the reference page.

use std::fmt::{Result, Write as _};

use serde_json::Value;

use super::{
    Operation, example,
    html::{Line, Prose, Text},
    schema::{self, Type, resolve},
    text,
};
use crate::api::permit;

pub(super) fn write(page: &mut String, document: &Value, operation: Operation<'_>) -> Result {
    let (said, id) = (operation.said, Text(operation.id()));
    write!(
        page,
        "<article><h3 id=\"{id}\"><a href=\"#{id}\"><b class=\"method\">{}</b> <code>{}</code></a></h3>",
        Text(operation.method),
        Text(operation.path),
    )?;
    write!(
        page,
        "<p class=\"summary\">{}</p>",
        Line(text(&said["summary"]))
    )?;
    write!(page, "{}", Prose(text(&said["description"])))?;
    asks(page, text(&said[permit::EXTENSION]))?;
    let parameters = said["parameters"].as_array().into_iter().flatten();
    let mut parameters = parameters.map(|said| resolve(document, said)).peekable();
    if parameters.peek().is_some() {
        page.push_str("<h4>Parameters</h4>");
        schema::table(page, |page| {
            parameters.try_for_each(|parameter| self::parameter(page, document, parameter))
        })?;
    }
    if let Some(content) = said["requestBody"]["content"].as_object() {
        for (media_type, content) in content {
            let schema = &content["schema"];
            write!(
                page,
                "<h4>Body</h4><p><code>{}</code>: {}</p>",
                Text(media_type),
                Type(schema)
            )?;
            schema::fields(page, document, resolve(document, schema))?;
        }
    }
    page.push_str("<h4>Answers</h4><dl>");
    for (status, answer) in said["responses"].as_object().into_iter().flatten() {
        self::answer(page, status, resolve(document, answer))?;
    }
    page.push_str("</dl><h4>Example</h4>");
    let example = example::curl(document, operation);
    write!(
        page,
        "<pre tabindex=\"0\"><code>{}</code></pre></article>",
        Text(&example)
    )
}

/// Who may do it.
fn asks(page: &mut String, word: &str) -> Result {
    page.push_str("<p class=\"asks\">");
    match word {
        "anonymous" => page.push_str("Anybody may."),
        "signed-in" => page.push_str("Whoever is signed in may: it is about oneself."),
        "local" => page.push_str("Only on the collector's machine, through its socket."),
        code => write!(page, "Asks the permission <code>{}</code>.", Text(code))?,
    }
    page.push_str("</p>");
    Ok(())
}

fn parameter(page: &mut String, document: &Value, parameter: &Value) -> Result {
    let name = text(&parameter["name"]);
    let schema = &parameter["schema"];
    let described = [
        &parameter["description"],
        &resolve(document, schema)["description"],
    ];
    let description = described.into_iter().find_map(Value::as_str);
    let place = format!(" <i>{}</i>", Text(text(&parameter["in"])));
    let must = parameter["required"] == true;
    schema::row(
        page,
        name,
        &place,
        must,
        schema,
        description.unwrap_or_default(),
    )
}

fn answer(page: &mut String, status: &str, answer: &Value) -> Result {
    write!(page, "<dt>{}</dt><dd>", Text(status))?;
    write!(page, "{} ", Line(text(&answer["description"])))?;
    for (media_type, content) in answer["content"].as_object().into_iter().flatten() {
        // Said once, at the beginning of the page.
        if media_type != "application/problem+json" {
            let kind = Type(&content["schema"]);
            write!(page, "<code>{}</code>: {kind}", Text(media_type))?;
        }
    }
    for (name, header) in answer["headers"].as_object().into_iter().flatten() {
        let says = Line(text(&header["description"]));
        write!(page, "<br>Header <code>{}</code> {says}", Text(name))?;
    }
    page.push_str("</dd>");
    Ok(())
}
