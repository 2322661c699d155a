//! Prompts: forms with recordings and texts, versions, selection, and hearing them.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;

use super::api::{Answer, Api};
use crate::store::prompts::selected;
use crate::store::testing;

const BOUNDARY: &str = "----tests";

/// A form: name, file name (empty for none), bytes.
fn form(fields: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in fields {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes(),
        );
        if !file.is_empty() {
            body.extend_from_slice(format!("; filename=\"{file}\"\r\nContent-Type: audio/wav").as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn upload(api: &Api, fields: &[(&str, &str, &[u8])]) -> Answer {
    let request = Request::post("/v1/prompts")
        .header(header::AUTHORIZATION, "Bearer tl_campaigns")
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(Body::from(form(fields)))
        .unwrap();
    api.send(request).await
}

/// Half a second of a tone, 8 kHz mono.
fn wav() -> Vec<u8> {
    let samples = trunkline_prompts::tone::default_tone().samples;
    let data: Vec<u8> = samples.iter().take(4_000).flat_map(|s| s.to_le_bytes()).collect();
    let len = u32::try_from(data.len()).unwrap();
    let mut out = Vec::new();
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + len).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&data);
    out
}

#[test]
fn versions_count_up_and_the_last_one_plays() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let wav = wav();
        let own: [(&str, &str, &[u8]); 3] = [
            ("key", "", b"msg_intro"),
            ("language", "", b"en"),
            ("campaign_id", "", campaign.as_bytes()),
        ];
        let recording = [&own[..], &[("file", "intro.wav", &wav[..])]].concat();
        let first = upload(&api, &recording).await;
        assert_eq!(first.status.as_u16(), 201, "{}", first.text());
        let first = first.json();
        assert_eq!(
            (&first["version"], &first["kind"]),
            (&1.into(), &"recording".into())
        );
        assert!(first["duration_ms"].as_i64().unwrap() > 100, "{first}");
        let text = [
            &own[..],
            &[("text", "", b"Hello."), ("description", "", b"shorter")],
        ]
        .concat();
        let second = upload(&api, &text).await.json();
        assert_eq!(
            (&second["version"], &second["kind"], &second["text"]),
            (&2.into(), &"text".into(), &"Hello.".into())
        );
        let plays = async || selected(api.app.db(), &campaign).await.unwrap()[0].1.version;
        assert_eq!(plays().await, 2);
        let path = format!("/v1/prompts/{}/select", first["id"].as_str().unwrap());
        let body = format!(r#"{{"campaign_id": "{campaign}"}}"#);
        assert_eq!(
            api.json("campaigns", "POST", &path, &body).await.status.as_u16(),
            200
        );
        assert_eq!(plays().await, 1);
        // The recording is heard as it was sent, the text as it is spoken.
        let heard = async |prompt: &Value| {
            let path = format!("/v1/prompts/{}/audio", prompt["id"].as_str().unwrap());
            api.json("read", "GET", &path, "").await
        };
        let recording = heard(&first).await;
        assert_eq!(recording.headers[header::CONTENT_TYPE], "audio/wav");
        assert_eq!(recording.body, wav);
        let spoken = heard(&second).await;
        assert_eq!(spoken.status.as_u16(), 200);
        assert!(trunkline_prompts::decode::decode(&spoken.body).is_ok());
        // Hidden ones are left out of lists.
        let path = format!("/v1/prompts/{}", second["id"].as_str().unwrap());
        api.json("campaigns", "PATCH", &path, r#"{"hidden": true}"#).await;
        let listed = api
            .json(
                "read",
                "GET",
                &format!("/v1/prompts?campaign_id={campaign}&key=msg_intro"),
                "",
            )
            .await;
        assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(
            api.json("campaigns", "DELETE", &path, "").await.status.as_u16(),
            204
        );
        assert_eq!(
            api.json("campaigns", "DELETE", &path, "").await.status.as_u16(),
            404
        );
    });
}

/// A form that is wrong, and a part of what is said about it.
type Wrong<'a> = (&'a [(&'a str, &'a str, &'a [u8])], &'a str);

const KEY: (&str, &str, &[u8]) = ("key", "", b"msg_intro");
const TEXT: (&str, &str, &[u8]) = ("text", "", b"x");

#[test]
fn what_is_wrong_with_a_form_is_said() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let wav = wav();
        let cases: [Wrong<'_>; 12] = [
            (&[], "key: expected one of msg_intro"),
            (
                &[("key", "", b"msg_hello"), TEXT],
                "key: expected one of msg_intro",
            ),
            (&[KEY], "either a file or a text"),
            (&[KEY, TEXT, ("file", "a.wav", &wav)], "either a file or a text"),
            (&[KEY, ("file", "a.wav", b"")], "the file is empty"),
            (&[KEY, ("file", "a.wav", b"RIFF....WAVE")], "file: "),
            (&[KEY, ("file", "a.pdf", b"%PDF-1.7 something")], "file: "),
            (&[KEY, ("text", "", b"Hello {{nobody}}")], "text: "),
            (&[KEY, TEXT, ("language", "", b"!!")], "language: "),
            (&[KEY, TEXT, ("campaign_id", "", b"none")], "campaign_id: "),
            (&[KEY, ("txet", "", b"x")], "txet: the form has no such field"),
            (&[KEY, TEXT, TEXT], "text: is given twice"),
        ];
        for (fields, part) in cases {
            let answer = upload(&api, fields).await;
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(
                answer.status.as_u16() == 422 && detail.contains(part),
                "{part}: {} {detail}",
                answer.status
            );
        }
        let json = api
            .json("campaigns", "POST", "/v1/prompts", r#"{"key": "msg_intro"}"#)
            .await;
        assert_eq!(json.status.as_u16(), 415, "{}", json.text());
    });
}
