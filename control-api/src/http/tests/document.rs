//! The OpenAPI document and the router say the same.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

use super::api::Api;
use crate::store::testing;

/// Every operation of the document: method in capitals, and path.
pub(super) fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&super::super::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn the_document_is_openapi_3_1_and_complete() {
    let document: Value = serde_json::from_str(&super::super::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Trunkline control API");
    assert!(document["components"]["securitySchemes"]["key"].is_object());
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let at = format!("{method} {path}");
        assert!(
            operation["summary"].is_string() || operation["description"].is_string(),
            "{at}: no description"
        );
        assert!(operation["tags"].is_array(), "{at}: no tag");
        assert!(
            operation["responses"].as_object().is_some_and(|r| !r.is_empty()),
            "{at}: no answers"
        );
        if path.starts_with("/v1/") {
            for status in ["401", "403", "422"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{at}: {status} is not described"
                );
            }
            let open = path == "/v1/login";
            assert_eq!(operation["security"].is_array(), !open, "{at}: no scopes");
        }
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(ids.insert(id.clone()), "{at}: {id} is there twice");
    }
}

/// Every `$ref` points at a schema that is there.
#[test]
fn no_reference_dangles() {
    let document: Value = serde_json::from_str(&super::super::openapi()).unwrap();
    fn walk(value: &Value, document: &Value) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference
                .strip_prefix('#')
                .expect("a reference into the document");
            assert!(document.pointer(pointer).is_some(), "{reference} is not there");
        }
        match value {
            Value::Array(items) => items.iter().for_each(|v| walk(v, document)),
            Value::Object(fields) => fields.values().for_each(|v| walk(v, document)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    walk(&document, &document);
}

/// Whatever stands in the document is mounted, with these methods and no others.
#[test]
fn every_operation_is_mounted_and_no_other() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let mut paths: BTreeSet<String> = BTreeSet::new();
        let mut described: BTreeSet<(String, String)> = BTreeSet::new();
        for (method, path, _) in operations() {
            paths.insert(path.clone());
            described.insert((method, path));
        }
        for path in paths {
            let real = path
                .replace("{id}", "00000000-0000-0000-0000-000000000000")
                .replace("{target_id}", "00000000-0000-0000-0000-000000000000");
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                if path == "/v1/events" && method == "GET" {
                    continue;
                }
                let request = Request::builder()
                    .method(Method::from_bytes(method.as_bytes()).unwrap())
                    .uri(&real)
                    .header("authorization", "Bearer tl_admin")
                    .body(Body::empty())
                    .unwrap();
                let status = api.send(request).await.status;
                let mounted = status != StatusCode::METHOD_NOT_ALLOWED;
                let is_described = described.contains(&(method.to_owned(), path.clone()));
                assert_eq!(mounted, is_described, "{method} {path}: {status}");
            }
        }
    });
}

/// Routes are mounted by `routes!` alone, which writes them into the document as well.
#[test]
fn nothing_is_mounted_beside_the_document() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "tests") {
                    folders.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for way in [".route(", ".nest_service(", ".route_service("] {
                assert!(
                    !text.contains(way),
                    "{}: {way}…) is not in the OpenAPI document",
                    path.display()
                );
            }
        }
    }
}
