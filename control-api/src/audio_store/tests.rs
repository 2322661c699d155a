//! What is kept, and what goes with the last version that needs it.

use super::*;
use crate::store::prompts::{INSTALLATION, Prompt};
use crate::store::testing;

fn version(id: &str, hash: &str) -> Prompt {
    Prompt {
        id: id.to_owned(),
        campaign_id: INSTALLATION.to_owned(),
        key: "msg_intro".to_owned(),
        language: "en".to_owned(),
        version: 0,
        text: None,
        voice: String::new(),
        audio_hash: Some(hash.to_owned()),
        duration_ms: Some(1_000),
        description: String::new(),
        hidden: false,
        created_at: 0,
    }
}

#[test]
fn a_recording_goes_with_the_last_version_that_needs_it() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let audio = AudioStore::from(Files::open(folder.path()).unwrap());
        let hash = audio.put(Bytes::from_static(b"sound")).await.unwrap();
        for id in ["1", "2"] {
            prompts::create(&db, &version(id, &hash)).await.unwrap();
        }
        for (id, there) in [("1", true), ("2", false)] {
            prompts::delete(&db, id).await.unwrap();
            audio.drop_unused(&db, [hash.clone()]).await;
            assert_eq!(audio.get(&hash).await.is_ok(), there, "after {id}");
        }
        // A second look finds nothing to do.
        audio.drop_unused(&db, [hash.clone(), "no hash".to_owned()]).await;
        assert!(matches!(audio.get(&hash).await, Err(AudioError::Absent)));
    });
}

/// Uploads and removals of the same bytes, all at once: whatever their order, a row that stays has its bytes.
#[test]
fn an_upload_that_meets_a_removal_keeps_its_bytes() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let audio = AudioStore::from(Files::open(folder.path()).unwrap());
        let bytes = Bytes::from_static(b"the same sound");
        let mut hash = String::new();
        for round in 0..20 {
            let upload = async {
                let hash = audio.put(bytes.clone()).await.unwrap();
                let row = version(&format!("{round}"), &hash);
                prompts::create(&db, &row).await.unwrap();
                audio.put(bytes.clone()).await.unwrap()
            };
            let removals = async {
                for _ in 0..3 {
                    audio.drop_unused(&db, [hash.clone()]).await;
                }
            };
            let (kept, ()) = tokio::join!(upload, removals);
            assert!(audio.get(&kept).await.is_ok(), "round {round}");
            prompts::delete(&db, &format!("{round}")).await.unwrap();
            hash = kept;
        }
    });
}
