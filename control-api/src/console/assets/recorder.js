// Records a prompt in the browser: a level meter while one speaks, a look at what is there before it is sent, then the same form as for
// a file.

const MAX_SECONDS = 300;

export function record(box) {
  const part = name => box.querySelector(`[data-part="${name}"]`);
  const [start, stop, send, level, listen, state] = ["start", "stop", "send", "level", "listen", "state"].map(part);
  let recorder = null, pieces = [], blob = null, context = null;

  function say(name, value = "") {
    state.textContent = box.dataset[name].replace("{value}", value);
  }

  start.addEventListener("click", async () => {
    let stream;
    try {
      // Nobody speaks at the other end, and what is meant to be heard by many is not to be cleaned for one ear.
      const audio = { channelCount: 1, autoGainControl: true, echoCancellation: false, noiseSuppression: false };
      stream = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      return say("refused", error.message);
    }
    pieces = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = event => pieces.push(event.data);
    recorder.onstop = () => ended(stream);
    context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize), begun = performance.now();
    recorder.start(250);
    start.disabled = true;
    stop.disabled = false;
    send.disabled = true;
    stop.focus();
    (function look() {
      if (!recorder || recorder.state !== "recording") return;
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
      level.value = peak;
      const seconds = (performance.now() - begun) / 1000;
      say(peak > 0.98 ? "loud" : "running", seconds.toFixed(0));
      if (seconds > MAX_SECONDS) recorder.stop();
      else requestAnimationFrame(look);
    })();
  });

  stop.addEventListener("click", () => recorder?.stop());

  function ended(stream) {
    for (const track of stream.getTracks()) track.stop();
    context.close();
    blob = new Blob(pieces, { type: recorder.mimeType });
    listen.src = URL.createObjectURL(blob);
    listen.hidden = false;
    start.disabled = false;
    stop.disabled = true;
    send.disabled = false;
    level.value = 0;
    say("recorded");
    send.focus();
  }

  send.addEventListener("click", async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(JSON.parse(box.dataset.fields))) form.append(name, value);
    form.append("file", blob, "recording");
    send.disabled = true;
    say("sending");
    const answer = await fetch("/v1/prompts", { method: "POST", body: form, headers: { "Trunkline-CSRF": "1" } });
    if (answer.ok) location.assign(box.dataset.then);
    else {
      send.disabled = false;
      say("failed", (await answer.json()).detail);
    }
  });
}
