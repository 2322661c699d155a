//! What comes with an upload: the lab's report, a picture, and how a telephone plays it.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;
use trunkline_media::tone;
use trunkline_prompts::pcm::wav;

use super::api::Api;
use super::prompts::upload;
use crate::store::testing;

/// Half a second of silence, then a second of a tone that is far too loud.
fn clipped() -> Vec<u8> {
    let loud = tone::sine(1_000.0, 90_000.0, 8_000);
    wav(&[vec![0; 4_000], loud].concat(), 8_000)
}

async fn bytes(api: &Api, path: &str) -> (String, Vec<u8>) {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, "Bearer tl_campaigns")
        .body(Body::empty())
        .unwrap();
    let answer = api.send(request).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text());
    let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    (kind, answer.body.to_vec())
}

#[test]
fn an_upload_comes_with_what_was_found_and_is_heard_as_on_a_telephone() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let file = clipped();
        let made = upload(&api, &[("key", "", b"msg_intro"), ("file", "a.wav", &file)]).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.text());
        let made = made.json();
        let report = &made["recording"];
        let said = (&report["verdict"], &report["format"], &report["sample_rate_hz"]);
        assert_eq!(
            said,
            (&"poor".into(), &"wave".into(), &8_000.into()),
            "{report:#}"
        );
        assert_eq!(report["findings"][0]["kind"], "clipping", "{report:#}");
        assert_eq!(
            (&report["trimmed_start_ms"], &report["source_ms"]),
            (&450.into(), &1_500.into())
        );
        assert_eq!(report["waveform"].as_array().map(Vec::len), Some(200));
        assert_eq!(made["duration_ms"], report["duration_ms"]);

        let path = format!("/v1/prompts/{}", made["id"].as_str().unwrap());
        let one = api.json("campaigns", "GET", &path, "").await.json();
        assert_eq!(one["recording"], *report);
        let list = api.json("campaigns", "GET", "/v1/prompts", "").await.json();
        assert_eq!(list["items"][0]["recording"], Value::Null, "{list:#}");

        assert_eq!(
            bytes(&api, &format!("{path}/audio")).await,
            ("audio/wav".into(), file)
        );
        let (_, phone) = bytes(&api, &format!("{path}/audio?as=phone")).await;
        let mut reader = hound::WavReader::new(Cursor::new(phone)).unwrap();
        assert_eq!(reader.spec().sample_rate, 8_000);
        let heard: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(heard.len() as u64 / 8, report["duration_ms"].as_u64().unwrap());
        assert!(tone::heard_ms(&heard, 1_000.0, 2_000.0) >= 960);
        let (kind, picture) = bytes(&api, &format!("{path}/waveform")).await;
        assert!(kind == "image/svg+xml" && picture.starts_with(b"<svg"), "{kind}");
        let wrong = api
            .json("campaigns", "GET", &format!("{path}/audio?as=radio"), "")
            .await;
        assert!(
            wrong.text().contains("as: expected original or phone"),
            "{}",
            wrong.text()
        );
    });
}

#[test]
fn half_a_file_is_refused_and_nothing_is_kept() {
    testing::check(|db| async move {
        let api = Api::new(db).await;
        let file = clipped();
        let half = &file[..file.len() / 2];
        let answer = upload(&api, &[("key", "", b"msg_intro"), ("file", "a.wav", half)]).await;
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(answer.status.as_u16(), 422);
        assert!(
            detail.contains("the file is cut off: it says that 12022 more bytes follow"),
            "{detail}"
        );
        let hash = trunkline_prompts::files::hash(half);
        assert!(api.app.script().files().get(&hash).is_err());
    });
}
