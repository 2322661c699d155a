//! Prompts: forms with recordings and texts, versions, selection, and hearing them.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::api::{Answer, Api};
use crate::store::prompts::selected;
use crate::store::{recordings, testing};

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

pub(super) async fn upload(api: &Api, fields: &[(&str, &str, &[u8])]) -> Answer {
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
    let samples = trunkline_prompts::tone::default_tone().at(8_000);
    trunkline_prompts::pcm::wav(&samples[..4_000], 8_000)
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
    });
}

#[test]
fn a_version_is_hidden_described_and_deleted() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let own: [(&str, &str, &[u8]); 3] = [KEY, TEXT, ("campaign_id", "", campaign.as_bytes())];
        let made = upload(&api, &own).await.json();
        assert_eq!(upload(&api, &own).await.json()["version"], 2);
        // Hidden ones are left out of lists.
        let path = format!("/v1/prompts/{}", made["id"].as_str().unwrap());
        let patch = r#"{"hidden": true, "description": "for the spring"}"#;
        let patched = api.json("campaigns", "PATCH", &path, patch).await.json();
        assert_eq!(
            (&patched["hidden"], &patched["description"]),
            (&true.into(), &"for the spring".into())
        );
        for (hidden, expect) in [
            ("", "2"),
            ("&hidden=false", "2"),
            ("&hidden=true", "1"),
            ("&hidden=all", "1 2"),
        ] {
            let list = format!("/v1/prompts?campaign_id={campaign}&key=msg_intro{hidden}");
            let listed = api.json("read", "GET", &list, "").await.json();
            let versions = listed["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["version"].to_string());
            assert_eq!(versions.collect::<Vec<_>>().join(" "), expect, "{hidden}");
        }
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

/// What plays for a key and why, as text.
async fn plays(api: &Api, path: &str, key: &str) -> String {
    let answer = api.json("read", "GET", path, "").await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let now = answer.json();
    let items = now["items"].as_array().unwrap();
    assert_eq!(items.len(), 18);
    let item = items.iter().find(|item| item["key"] == key).unwrap();
    let what = match item["prompt"]["version"].as_i64() {
        Some(version) => format!("version {version}"),
        None => "our text".to_owned(),
    };
    let why = item["why"].as_str().unwrap();
    match item["never_plays"].as_str() {
        Some(never) => format!("{what}: {why}; never: {never}"),
        None => format!("{what}: {why}"),
    }
}

#[test]
fn what_plays_is_said_with_its_reason() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let of_campaign = format!("/v1/campaigns/{campaign}/prompts");
        let language = json!({"language": "es-MX"}).to_string();
        let patched = api
            .json("admin", "PATCH", &format!("/v1/campaigns/{campaign}"), &language)
            .await;
        assert_eq!(patched.status.as_u16(), 200, "{}", patched.text());
        let intro = async || plays(&api, &of_campaign, "msg_intro").await;
        assert_eq!(
            intro().await,
            "our text: our own text in es, as there is nothing for es-MX"
        );
        let text = |language: &'static str, campaign: &str| {
            let fields = [
                ("key", "msg_intro".to_owned()),
                ("text", "Hola.".to_owned()),
                ("language", language.to_owned()),
                ("campaign_id", campaign.to_owned()),
            ];
            let api = &api;
            async move {
                let fields: Vec<(&str, &str, &[u8])> = fields
                    .iter()
                    .map(|(name, value)| (*name, "", value.as_bytes()))
                    .collect();
                let made = upload(api, &fields).await;
                assert_eq!(made.status.as_u16(), 201, "{}", made.text());
                format!("/v1/prompts/{}/select", made.json()["id"].as_str().unwrap())
            }
        };
        text("es", "").await;
        assert_eq!(
            intro().await,
            "version 1: the installation's choice for es, as there is nothing for es-MX"
        );
        let own = text("es-MX", &campaign).await;
        assert_eq!(intro().await, "version 1: the campaign's choice for es-MX");
        let everybody = "/v1/prompts/playing?language=es";
        assert_eq!(
            plays(&api, everybody, "msg_intro").await,
            "version 1: the installation's choice for es"
        );
        assert_eq!(
            plays(&api, "/v1/prompts/playing", "msg_intro").await,
            "our text: our own text in en"
        );
        assert_eq!(
            plays(&api, &of_campaign, "msg_location").await,
            "our text: our own text in es, as there is nothing for es-MX; never: callers are not asked to key a location"
        );
        // Taken back, the installation's plays again; a second time there is nothing to take back.
        let own = format!("{own}?campaign_id={campaign}");
        for status in [204, 404] {
            assert_eq!(
                api.json("campaigns", "DELETE", &own, "").await.status.as_u16(),
                status
            );
        }
        assert_eq!(
            intro().await,
            "version 1: the installation's choice for es, as there is nothing for es-MX"
        );
        let wrong = api
            .json("read", "GET", "/v1/prompts/playing?language=!", "")
            .await;
        assert_eq!(wrong.status.as_u16(), 422);
    });
}

#[test]
fn a_version_is_reused_by_another_campaign_and_its_recording_goes_with_the_last() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let campaign = api.world().await;
        let other = api.made("/v1/campaigns", json!({"name": "another"})).await;
        let other = other["id"].as_str().unwrap();
        let wav = wav();
        let mut made = Vec::new();
        for _ in 0..2 {
            let fields: [(&str, &str, &[u8]); 3] = [
                KEY,
                ("campaign_id", "", campaign.as_bytes()),
                ("file", "a.wav", &wav),
            ];
            made.push(
                upload(&api, &fields).await.json()["id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        let path = format!("/v1/prompts/{}/select", made[1]);
        let body = json!({"campaign_id": other}).to_string();
        assert_eq!(
            api.json("campaigns", "POST", &path, &body).await.status.as_u16(),
            200
        );
        let reused = format!("/v1/campaigns/{other}/prompts");
        assert_eq!(
            plays(&api, &reused, "msg_intro").await,
            "version 2: the campaign's choice for en"
        );
        let hash = trunkline_prompts::files::hash(&wav);
        for (id, kept) in made.iter().zip([true, false]) {
            assert!(api.app.script().files().get(&hash).is_ok());
            let deleted = api
                .json("campaigns", "DELETE", &format!("/v1/prompts/{id}"), "")
                .await;
            assert_eq!(deleted.status.as_u16(), 204);
            assert_eq!(api.app.script().files().get(&hash).is_ok(), kept);
            // What was made of it goes along.
            let report = recordings::get(api.app.db(), &hash).await.unwrap();
            let ready = api.app.script().files().folder().join("ready");
            let ready = std::fs::read_dir(ready).unwrap().count();
            assert_eq!((report.is_some(), ready), (kept, usize::from(kept)));
        }
        assert_eq!(
            plays(&api, &reused, "msg_intro").await,
            "our text: our own text in en"
        );
        // The recording goes with its campaign, too.
        let fields: [(&str, &str, &[u8]); 3] = [
            KEY,
            ("campaign_id", "", other.as_bytes()),
            ("file", "a.wav", &wav),
        ];
        assert_eq!(upload(&api, &fields).await.status.as_u16(), 201);
        let deleted = api
            .json("admin", "DELETE", &format!("/v1/campaigns/{other}"), "")
            .await;
        assert_eq!(deleted.status.as_u16(), 204, "{}", deleted.text());
        assert!(api.app.script().files().get(&hash).is_err());
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
