//! Files read, planned, applied and exported: a story in one transcript, on both databases, and every wrong file with its message.

mod story;
mod wrong;

use std::path::Path;
use std::sync::Arc;

use trunkline_prompts::files::Files;
use trunkline_prompts::tts::{Speech, SpeechConfig};

use super::*;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::lint;
use crate::privacy::Keys;
use crate::runtime::{App, NoGateway, Parts};
use crate::store::campaigns;

/// A program over a database, with a folder where files lie.
struct Desk {
    app: App,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(db: Db) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::parse(Some((Path::new("test.toml"), "")), []).unwrap();
        let speech = Speech::new(SpeechConfig::default());
        let files = Files::open(folder.path().join("kept")).unwrap();
        let app = App::new(Parts {
            db,
            keys: Keys::new([1; 32], [2; 32]),
            clock: Clock::moving(1_795_000_000_000, 1),
            gateway: Arc::new(NoGateway),
            script: Script::new(files, Box::new(speech)),
            config: Arc::new(config),
            seed: 1,
        });
        std::fs::create_dir_all(folder.path().join("prompts")).unwrap();
        tone(&folder.path().join("prompts/intro.wav"), 440);
        Desk { app, folder }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// A file as it is read; its name is bare in messages.
    fn read(&self, name: &str) -> Result<Ready, Faults> {
        let env = |name: &str| (name == "CARRIER_PASSWORD").then(|| "s3cret".to_owned());
        let path = self.folder.path().join(name);
        let mut ready = read(&path, &env, &[]).map_err(|faults| self.bare(faults))?;
        ready.file = name.to_owned();
        Ok(ready)
    }

    fn bare(&self, mut faults: Faults) -> Faults {
        for fault in &mut faults.0 {
            fault.file = fault
                .file
                .replace(&format!("{}/", self.folder.path().display()), "");
        }
        faults
    }

    async fn compare(&self, ready: &Ready) -> Result<Compared, CompareError> {
        compare(Some(self.app.db()), Some(self.app.keys()), ready).await
    }

    /// The plan of a file that is there, then made so; and what is wrong with its campaigns afterwards.
    async fn apply(&self, name: &str) -> String {
        let ready = match self.read(name) {
            Ok(ready) => ready,
            Err(faults) => return format!("{faults}\n"),
        };
        let compared = match self.compare(&ready).await {
            Ok(compared) => compared,
            Err(error) => return format!("{error}\n"),
        };
        let folder = format!("{}/", self.folder.path().display());
        let mut out = compared.plan.text().replace(&folder, "");
        if let Err(stopped) = carry_out(&self.app, &compared).await {
            return format!("{out}stopped: {stopped}\n");
        }
        for campaign in ready.campaigns() {
            let row = campaigns::find(self.app.db(), campaign).await.unwrap();
            let loaded = lint::of_app(&self.app, row).await.unwrap();
            for finding in lint::lint(&loaded) {
                out.push_str(&format!("lint: {campaign}: {finding}\n"));
            }
        }
        out
    }

    /// Writes an export beside its recordings.
    fn keep(&self, name: &str, exported: &Exported) {
        self.write(name, &exported.text);
        for recording in &exported.recordings {
            let path = self.folder.path().join(&recording.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, self.app.script().files().get(&recording.hash).unwrap()).unwrap();
        }
    }
}

/// A short recording.
fn tone(path: &Path, hz: u32) {
    let samples = trunkline_media::tone::sine(f64::from(hz), 8_000.0, 4_000);
    std::fs::write(path, trunkline_prompts::pcm::wav(&samples, 8_000)).unwrap();
}

/// The example of docs/AS_CODE.md.
fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/AS_CODE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}
