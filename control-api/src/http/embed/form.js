// The form of a campaign on somebody's own page: checks what was typed, asks for the call, shows the script, follows the call.
// It is served with the campaign's settings put in, without these comments. docs/EMBED.md has its options, methods and events.
function callPower(campaign, words, css, own) {
  "use strict";
  // ZIP, with or without +4; Canada's postal code, whose letters leave out those that look like others.
  const POSTAL = {
    US: /^\d{5}(-?\d{4})?$/,
    CA: /^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d$/i,
  };
  const REF_CHARS = 64;
  const FIELDS = "input, select, textarea";
  const data = { ...document.currentScript?.dataset };

  // Whatever names elements: a selector, an element, a list of either, jQuery's.
  function elements(what) {
    if (!what) return [];
    if (what.nodeType) return [what];
    if (typeof what !== "string") return Array.from(what).flatMap(elements);
    try {
      return Array.from(document.querySelectorAll(what));
    } catch (error) {
      console.error(`CallPower: ${what} is not a selector`);
      return [];
    }
  }

  const texts = (fields) => Array.from(fields, (field) => field.value.trim()).filter(Boolean);

  // Pages that put their own methods in call these few of jQuery's on the fields. Where the page has jQuery they get the real ones.
  function wrapped(list, $) {
    const style = (verb) => (name) => (list.forEach((each) => each.classList[verb](name)), list);
    const few = { val: () => texts(list).join(" "), addClass: style("add"), removeClass: style("remove") };
    return $ ? $(list) : Object.assign(list, few);
  }

  function element(name, style, text) {
    const made = document.createElement(name);
    made.className = style;
    made.textContent = text || "";
    return made;
  }

  // A sheet that is made by script is no inline style: a strict Content-Security-Policy lets it be.
  function styled(rules) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(rules);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    } catch (error) {
      document.head.append(element("style", "", rules));
    }
  }

  // What an answer that is no call means for the person.
  function refusal(status, answer) {
    const what = answer.description || "";
    if (status === 429) return what === "blocked" ? "blocked" : "limit";
    if (status === 503) return "busy";
    if (status !== 200) return what.startsWith("userPhone") ? "phone" : what.startsWith("userLocation") ? "location" : "failed";
    if (answer.campaign === "archived") return "over";
    if (answer.campaign !== "live") return "paused";
    return answer.call === "queued" ? "" : "failed";
  }

  class CallPowerForm {
    constructor(form, $) {
      const page = window.CallPowerOptions || {};
      const given = { ...campaign.options, ...own, ...data, ...(form && { form }), ...page };
      const find = (what, ...usual) => (what ? elements(what) : usual.map(elements).find((found) => found.length) || []);
      Object.assign(this, given);
      this.$ = $ || window.jQuery;
      const node = find(given.form, "#call_form", "form")[0];
      if (!node) {
        console.error("CallPower: there is no form on this page");
        return;
      }
      const phones = find(given.phoneField, "#phone_id", node.querySelectorAll("input[type=tel]"));
      this.form = wrapped([node], this.$);
      this.phoneField = wrapped(phones, this.$);
      this.locationField = wrapped(find(given.locationField, "#location_id"), this.$);
      // The last one made has the form; before any listener of the page's own, which hears the form again when all is shown.
      node.callPower = this;
      node.addEventListener("submit", (event) => node.callPower === this && !this.passing && this.makeCall(event), true);
      styled(css);
      this.wear(this.customCSS);
    }

    // Methods that a page may put its own in the place of: a function, or a value.
    getCountry() {
      return campaign.country;
    }
    getLocation() {
      const parts = texts(this.locationField);
      const text = parts.join(" ");
      const pattern = campaign.locateBy === "postal" && POSTAL[this.ask("country").toUpperCase()];
      if (!text) return undefined;
      // Of several fields one alone may be the code.
      return pattern ? [text, ...parts].find((part) => pattern.test(part)) || false : text;
    }
    getPhone() {
      const text = texts(this.phoneField).join(" ");
      const digits = text.replace(/\D/g, "");
      const abroad = text.startsWith("+");
      const known = !abroad && ["US", "CA"].includes(this.ask("country").toUpperCase());
      if (!text) return undefined;
      return (known ? /^1?\d{10}$/ : /^\d{7,15}$/).test(digits) && (abroad ? "+" : "") + digits;
    }
    country() {
      return this.getCountry();
    }
    location() {
      return this.getLocation();
    }
    phone() {
      return this.getPhone();
    }

    ask(name) {
      return typeof this[name] === "function" ? this[name]() : this[name];
    }

    // Where the caller came from: an option, or the page's own address.
    getRef() {
      const query = new URLSearchParams(window.location.search);
      const ref = this.ask("ref") || query.get("ref") || query.get("source") || "";
      return Array.from(String(ref)).slice(0, REF_CHARS).join("");
    }

    // The language of our own words: an option, else the page's, else the campaign's.
    tongue() {
      const tags = [this.language, this.form[0].closest("[lang]")?.lang, campaign.language, "en"];
      return tags.map((tag) => (tag || "").slice(0, 2).toLowerCase()).find((tag) => words[tag]);
    }

    tell(name, detail) {
      const event = new CustomEvent(`callpower:${name}`, { detail, bubbles: true, cancelable: name === "submit" });
      return this.form[0].dispatchEvent(event);
    }

    wear(sheet) {
      if (!sheet) return;
      if (sheet.includes("{")) return styled(sheet);
      const link = Object.assign(element("link", ""), { rel: "stylesheet", href: sheet });
      document.head.append(link);
    }

    async makeCall(event) {
      event?.preventDefault?.();
      event?.stopImmediatePropagation?.();
      if (this.busy) return false;
      this.busy = true;
      try {
        return await this.call();
      } finally {
        this.busy = false;
      }
    }

    async call() {
      this.calm();
      const userLocation = await this.ask("location");
      const userPhone = await this.ask("phone");
      if (this.locationField.length && !userLocation) return this.fail("location");
      if (this.phoneField.length && !userPhone) return this.fail("phone");
      const all = { campaignId: campaign.id, userPhone, userLocation, userCountry: this.ask("country"), ref: this.getRef() };
      const fields = Object.fromEntries(Object.entries(all).filter(([, value]) => value));
      if (!this.tell("submit", fields)) return false;
      let status, answer;
      try {
        const response = await fetch(campaign.create, { method: "POST", body: new URLSearchParams(fields) });
        status = response.status;
        answer = await response.json();
      } catch (error) {
        return this.fail("offline");
      }
      const reason = status !== 200 && refusal(status, answer);
      if (reason) return this.fail(reason, status);
      if ((await this.onSuccess(answer)) === false) return false;
      if (!refusal(status, answer)) this.leave(answer);
      return false;
    }

    fail(reason, status) {
      const field = { phone: this.phoneField, location: this.locationField }[reason];
      const code = campaign.locateBy === "postal" && { US: "zip", CA: "postal" }[this.ask("country").toUpperCase()];
      const message = words[this.tongue()][reason === "location" && code ? code : reason];
      this.tell("error", { reason, status, message });
      this.onError(field?.length ? field : this.form, message);
      return false;
    }

    onError(where, message) {
      const marked = elements(where);
      const fields = marked.filter((each) => each.matches(FIELDS));
      const box = element("span", "callpower-error", message);
      box.id = "callpower-error";
      box.setAttribute("role", "alert");
      marked.forEach((each) => each.classList.add("has-error"));
      fields.forEach((each) => each.setAttribute("aria-invalid", "true"));
      fields[0]?.setAttribute("aria-describedby", box.id);
      if (fields.length) fields.at(-1).after(box);
      else this.form[0].append(box);
      fields[0]?.focus();
      this.calm = () => {
        box.remove();
        marked.forEach((each) => each.classList.remove("has-error"));
        fields.forEach((each) => each.removeAttribute("aria-invalid"));
        fields[0]?.removeAttribute("aria-describedby");
      };
      return false;
    }

    // Takes the last error away.
    calm() {}

    onSuccess(answer) {
      const reason = refusal(200, answer);
      if (reason) return this.fail(reason, 200);
      elements(this.phoneDisplay).forEach((each) => (each.textContent = answer.fromNumber));
      this.show(answer);
      this.tell("success", answer);
      // A text on the page is never run: CallPower's snippet repeats there what the campaign has, and that came with this script.
      const custom = typeof this.customJS === "string" ? own.customJS : this.customJS;
      if (custom) custom.call(this, this.$);
      else if (this.customJS) console.warn("CallPower: customJS is a text; make it a function, or set it on the campaign");
      return true;
    }

    show(answer) {
      const how = this.scriptDisplay;
      const script = element("div", "callpower-script");
      script.innerHTML = answer.script || "";
      const panel = element("div", "callpower-panel");
      this.follow(answer, panel);
      if (how === "alert") window.alert(script.textContent);
      if (how === "overlay" || how === "replace") panel.append(script);
      if (how === "overlay") return this.overlay(panel);
      if (how === "custom" || (how === "redirect" && this.next(answer)) || !panel.firstChild) return;
      panel.tabIndex = -1;
      this.form[0].after(panel);
      if (how !== "replace") return;
      this.form[0].style.display = "none";
      panel.focus();
    }

    // A dialog of the browser's: it keeps the focus, closes on Escape, and gives the focus back.
    overlay(panel) {
      const dialog = element("dialog", "callpower-overlay");
      const close = element("button", "callpower-close", "\u00d7");
      close.type = "button";
      close.setAttribute("aria-label", words[this.tongue()].close);
      dialog.setAttribute("aria-label", words[this.tongue()].title);
      panel.prepend(close);
      if (this.overlayCloseText) {
        const below = element("button", "callpower-close-text", this.overlayCloseText);
        below.type = "button";
        panel.append(below);
      }
      dialog.append(panel);
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.matches(".callpower-close, .callpower-close-text")) dialog.close();
      });
      document.body.append(dialog);
      dialog.showModal();
      this.closed = new Promise((done) => dialog.addEventListener("close", done)).then(() => {
        // What follows the call goes on, on the page.
        const now = panel.querySelector(".callpower-status");
        if (now) this.form[0].after(now);
        dialog.remove();
        this.closed = null;
        this.tell("close");
      });
    }

    next(answer) {
      return this.redirectAfter || answer.redirect;
    }

    // What comes when all is shown.
    async leave(answer) {
      const how = this.scriptDisplay;
      if (how === "replace") return;
      if (how === "redirect" && this.next(answer)) return window.location.assign(this.next(answer));
      await this.closed;
      this.formSubmit();
    }

    // Lets the page have its form: its listeners first, then the browser when the form goes somewhere.
    formSubmit() {
      const form = this.form[0];
      const after = () => {
        this.passing = true;
        const unhandled = form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
        this.passing = false;
        if (!unhandled) return;
        if (form.hasAttribute("action")) HTMLFormElement.prototype.submit.call(form);
        else if (this.redirectAfter) window.location.assign(this.redirectAfter);
      };
      setTimeout(after, this.submitDelay || 0);
    }

    // Shows how the call stands, as the server tells it.
    follow(answer, panel) {
      if (!answer.follow || String(this.companion) === "false") return;
      const now = element("p", "callpower-now", words[this.tongue()].queued);
      const advice = element("p", "callpower-advice");
      const status = element("div", "callpower-status");
      status.setAttribute("role", "status");
      status.append(now, advice);
      panel.append(status);
      this.stream?.close();
      const stream = new EventSource(`${campaign.follow}${answer.follow}?lang=${this.tongue()}`);
      this.stream = stream;
      stream.onmessage = (event) => {
        const state = JSON.parse(event.data);
        if (state.state === "done") stream.close();
        now.textContent = state.text;
        advice.textContent = state.script || "";
        this.tell("state", state);
      };
    }
  }

  function start() {
    const made = new CallPowerForm(data.form);
    window.callPowerForm = made;
    if (made.form?.[0]) made.customOnload?.call?.(made, made.$);
  }
  if (own.start || data.form) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  }
  return CallPowerForm;
}
