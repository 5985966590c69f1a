use utoipa::openapi::{
    Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, ResponseBuilder, Type,
    path::{Operation, ParameterBuilder, ParameterIn},
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::{IF_MATCH, IF_NONE_MATCH};
use crate::api::State;

/// `*`, or a list of tags.
const TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#;

/// The answer to those who looked at another state, as the document calls it.
pub(crate) const CHANGED_MEANWHILE: &str = "ChangedMeanwhile";

/// Routes of a thing that is edited, whose handlers take a [`super::Precondition`].
pub(crate) fn tagged(
    (schemas, mut paths, methods): UtoipaMethodRouter<State>,
) -> UtoipaMethodRouter<State> {
    for item in paths.paths.values_mut() {
        if let Some(get) = &mut item.get {
            let says = "Answer only if it is another than those of these tags";
            take(get, IF_NONE_MATCH, says);
            let same = ResponseBuilder::new().description("It is the one of the tag");
            let same = same.header("ETag", tag()).build();
            get.responses.responses.insert("304".into(), same.into());
        }
        for change in [&mut item.put, &mut item.delete].into_iter().flatten() {
            let says = "Do it only if nobody changed it since the answer with one of these tags";
            take(change, IF_MATCH, says);
            let refused = RefOr::Ref(Ref::from_response_name(CHANGED_MEANWHILE));
            change.responses.responses.insert("412".into(), refused);
        }
        for shows in [&mut item.get, &mut item.put].into_iter().flatten() {
            if let Some(RefOr::T(shown)) = shows.responses.responses.get_mut("200") {
                shown.headers.insert("ETag".into(), tag().into());
            }
        }
    }
    (schemas, paths, methods)
}

fn take(operation: &mut Operation, header: &str, says: &str) {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(TAGS));
    let parameter = ParameterBuilder::new()
        .name(header)
        .parameter_in(ParameterIn::Header)
        .description(Some(says))
        .schema(Some(text))
        .build();
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(parameter.into());
}

fn tag() -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .description(Some(
            "Of the thing as it is; for `If-Match` and `If-None-Match`",
        ))
        .build()
}
