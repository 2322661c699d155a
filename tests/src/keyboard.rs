//! A browser that is used by its keyboard, over Chromium's own pipe (the DevTools protocol): keys as a person presses them, and what is
//! shown then, in a page or in a frame of it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::page::BROWSER_ARGS;
use crate::program::Program;

/// A browser on a loaded machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at what is shown.
const LOOK: Duration = Duration::from_millis(50);

/// A key that is no letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// On to the next thing.
    Tab,
    /// Sends a form.
    Enter,
    /// Closes what is open.
    Escape,
}

/// A browser with one page.
#[derive(Debug)]
pub struct Keyboard {
    browser: Program,
    commands: File,
    answers: UnboundedReceiver<Value>,
    session: Option<String>,
    count: u64,
}

impl Keyboard {
    /// Opens an address in a browser with a profile of its own below `folder`.
    pub async fn open(folder: &Path, address: &str) -> Result<Keyboard> {
        for pipe in ["commands", "answers"] {
            let made = Command::new("mkfifo").arg(folder.join(pipe)).status()?;
            ensure!(made.success(), "no pipe {pipe}");
        }
        let mut command = Command::new("sh");
        command
            .current_dir(folder)
            .args(["-c", "exec chromium \"$@\" 3<commands 4>answers", "sh"])
            .args(BROWSER_ARGS.iter().filter(|arg| !arg.contains("debugging")))
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", folder.join("browser").display()))
            .arg(address);
        let browser = Program::start("chromium", &mut command, folder)?;
        // Each waits for the other end, in the order in which the shell opens them.
        let commands = File::options().write(true).open(folder.join("commands"))?;
        let mut from = BufReader::new(File::open(folder.join("answers"))?);
        let (sender, answers) = unbounded_channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while from.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let parsed = serde_json::from_slice(&message).unwrap_or(Value::Null);
                if sender.send(parsed).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut keyboard = Keyboard {
            browser,
            commands,
            answers,
            session: None,
            count: 0,
        };
        let page = loop {
            let targets = keyboard.ask("Target.getTargets", json!({})).await?;
            let all = targets["targetInfos"].as_array().cloned().unwrap_or_default();
            let ours = |t: &&Value| t["url"].as_str().is_some_and(|url| url.starts_with(address));
            match all.iter().find(ours) {
                Some(target) => break target["targetId"].clone(),
                None => tokio::time::sleep(LOOK).await,
            }
        };
        let attached = json!({ "targetId": page, "flatten": true });
        let attached = keyboard.ask("Target.attachToTarget", attached).await?;
        keyboard.session = attached["sessionId"].as_str().map(str::to_owned);
        Ok(keyboard)
    }

    /// Presses a key.
    pub async fn press(&mut self, key: Key) -> Result<()> {
        let (name, code, text) = match key {
            Key::Tab => ("Tab", 9, ""),
            Key::Enter => ("Enter", 13, "\r"),
            Key::Escape => ("Escape", 27, ""),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.ask("Input.dispatchKeyEvent", event).await?;
        }
        Ok(())
    }

    /// Types a text.
    pub async fn write(&mut self, text: &str) -> Result<()> {
        self.ask("Input.insertText", json!({ "text": text }))
            .await
            .map(drop)
    }

    /// Waits until an expression is this, in the page or in its first frame.
    pub async fn until(&mut self, in_frame: bool, expression: &str, expected: &str) -> Result<()> {
        let begun = std::time::Instant::now();
        loop {
            let shown = self.shown(in_frame, expression).await?;
            if shown == expected {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "{expression} is {shown}, not {expected}; the browser printed:\n{}",
                self.browser.printed()
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What an expression is, as text; a mistake is empty: the page may not be there yet.
    pub async fn shown(&mut self, in_frame: bool, expression: &str) -> Result<String> {
        let mut asked = json!({ "expression": format!("String({expression})"), "returnByValue": true });
        if in_frame {
            let tree = self.ask("Page.getFrameTree", json!({})).await?;
            let frame = &tree["frameTree"]["childFrames"][0]["frame"]["id"];
            if frame.is_null() {
                return Ok(String::new());
            }
            let world = self
                .ask("Page.createIsolatedWorld", json!({ "frameId": frame }))
                .await?;
            asked["contextId"] = world["executionContextId"].clone();
        }
        let answer = self.ask("Runtime.evaluate", asked).await?;
        Ok(answer["result"]["value"].as_str().unwrap_or_default().to_owned())
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value> {
        self.count += 1;
        let mut message = json!({ "id": self.count, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes())?;
        loop {
            let answer = tokio::time::timeout(PATIENCE, self.answers.recv())
                .await
                .with_context(|| format!("{method} is not answered"))?
                .with_context(|| format!("the browser has ended:\n{}", self.browser.printed()))?;
            if answer["id"] == self.count {
                ensure!(answer["error"].is_null(), "{method}: {answer}");
                return Ok(answer["result"].clone());
            }
        }
    }
}
