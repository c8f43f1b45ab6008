// What needs a script: keys, copying, ticking a whole page. Every page works without it.
"use strict";

(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  // Elements that only make sense with a script are in the page, hidden.
  const wake = (root) => {
    all("[data-scripted]", root).forEach((one) => { one.hidden = false; });
    all("[data-saves]", root).forEach((one) => { document.getElementById(one.dataset.saves).disabled = true; });
  };
  wake(document);
  // On a narrow screen the menu is a strip: it begins where one is.
  document.querySelector(".side [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  document.addEventListener("htmx:load", (event) => wake(event.detail.elt.parentNode || document));

  // Menus close when one looks elsewhere.
  document.addEventListener("click", (event) => {
    all("details.drop[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const told = document.getElementById("told");
    if (told) told.textContent = `${button.dataset.copy} ✓`;
    button.classList.add("good");
    setTimeout(() => button.classList.remove("good"), 1200);
  });

  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

  // A page of rows at once; the rows' own form learns of it by one event.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      const rows = all("tbody .tick input", event.target.closest("table"));
      rows.forEach((row) => { row.checked = event.target.checked; });
      if (rows.length) rows[0].dispatchEvent(new Event("change", { bubbles: true }));
    }
    // A row's Save is awake only while its value is another one.
    if (event.target.matches("[data-saves]")) {
      const changed = [...event.target.options].some((one) => one.selected !== one.defaultSelected);
      document.getElementById(event.target.dataset.saves).disabled = !changed;
    }
    if (event.target.matches("[data-presses]")) document.getElementById(event.target.dataset.presses).click();
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-narrows]")) narrow(event.target);
  });

  // The list of models shows those of the vendor that is chosen, or that the MAC tells.
  const narrow = (vendor, told) => {
    const model = document.getElementById(vendor.dataset.narrows);
    const title = vendor.value ? vendor.selectedOptions[0].text : told;
    all("optgroup", model).forEach((group) => { group.disabled = group.hidden = Boolean(title) && group.label !== title; });
    if (model.selectedOptions[0]?.parentNode.disabled) model.value = "";
    return model;
  };
  all("[data-narrows]").forEach((vendor) => narrow(vendor));
  document.addEventListener("htmx:afterSwap", () => {
    const says = document.getElementById("mac-says");
    const vendor = document.querySelector("[data-narrows]");
    if (!says || !vendor) return;
    const model = narrow(vendor, says.dataset.vendor);
    if (says.dataset.model && !model.value) model.value = says.dataset.model;
  });

  // A list that could not be fetched says so, and one that was says when.
  const failed = document.getElementById("failed");
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) => {
    document.addEventListener(name, () => { if (failed) failed.hidden = false; });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!failed || !event.detail.successful) return;
    failed.hidden = true;
    const at = new Date(event.detail.xhr.getResponseHeader("Date"));
    all("[data-as-of]").forEach((one) => { if (!Number.isNaN(at.getTime())) one.textContent = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`; });
  });
  document.addEventListener("click", (event) => {
    const list = event.target.matches("[data-retry]") && document.querySelector("[data-live]");
    if (list) window.htmx.trigger(list, "live");
  });

  // A form in front of its list; whoever closes it is back at the list.
  all("dialog[data-dialog]").forEach((dialog) => {
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.addEventListener("close", () => { location.href = dialog.dataset.dialog; });
  });

  // Buttons move in the editor: the slots stay in their order, what they hold moves.
  const buttonRows = (body) => all("tr[data-button]", body);
  const field = (row, name) => row.querySelector(`[name^="${name}-"]`);
  const arrange = (body, row, before) => {
    const slots = buttonRows(body).map((one) => field(one, "slot").value);
    const says = row.nextElementSibling?.matches(".says") ? row.nextElementSibling : null;
    body.insertBefore(row, before);
    if (says) row.after(says);
    buttonRows(body).forEach((one, number) => {
      field(one, "slot").value = slots[number];
      all("[name]", one).forEach((input) => {
        input.name = input.name.replace(/-\d+$/, `-${number}`);
        if (input.name === "do") input.value = input.value.replace(/-\d+$/, `-${number}`);
      });
    });
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const row = button.closest("tr");
    const rows = buttonRows(row.parentNode);
    const at = rows.indexOf(row);
    const up = button.dataset.move === "up";
    if (!rows[up ? at - 1 : at + 1]) return;
    event.preventDefault();
    arrange(row.parentNode, row, up ? rows[at - 1] : rows[at + 2] || null);
    button.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    event.preventDefault();
    const row = grip.closest("tr");
    const body = row.parentNode;
    let target = null;
    row.classList.add("dragged");
    const mark = (one) => buttonRows(body).forEach((other) => other.classList.toggle("target", other === one));
    const move = (moved) => {
      const over = document.elementFromPoint(moved.clientX, moved.clientY)?.closest("tr[data-button]");
      if (over && over.parentNode === body) { target = over; mark(over); }
    };
    const done = () => {
      document.removeEventListener("pointermove", move);
      row.classList.remove("dragged");
      mark(null);
      if (!target || target === row) return;
      const rows = buttonRows(body);
      const down = rows.indexOf(target) > rows.indexOf(row);
      arrange(body, row, down ? rows[rows.indexOf(target) + 1] || null : target);
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", done, { once: true });
  });

  // A long list of lines is one stop of the Tab key; the arrow keys move through it.
  all("[data-roving]").forEach((list) => {
    const lines = [...list.children];
    lines.forEach((line, number) => { line.tabIndex = number ? -1 : 0; });
    list.addEventListener("keydown", (event) => {
      const at = lines.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
      if (at < 0 || to === undefined || !lines[to]) return;
      event.preventDefault();
      lines[at].tabIndex = -1;
      lines[to].tabIndex = 0;
      lines[to].focus();
    });
  });

  // A window that closes counts down by the server's clock, and the page looks again when it has closed.
  all("[data-countdown]").forEach((one) => {
    const end = performance.now() + Number(one.dataset.countdown) * 1000;
    const two = (value) => String(value).padStart(2, "0");
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left <= 0) { clearInterval(ticking); location.reload(); return; }
      const minutes = Math.floor(left / 60);
      const hours = Math.floor(minutes / 60);
      const span = hours ? `${hours}:${two(minutes % 60)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
      one.textContent = one.dataset.says.replace("…", span);
    };
    const ticking = setInterval(tick, 1000);
    tick();
  });

  // A list keeps up with the world while somebody looks at it and does nothing else.
  setInterval(() => {
    const list = document.querySelector("[data-live]");
    const busy = document.querySelector("details.drop[open]") || (document.activeElement && typing(document.activeElement) && document.activeElement.type !== "checkbox");
    if (list && window.htmx && !document.hidden && !busy) window.htmx.trigger(list, "live");
  }, 10000);

  const rows = () => all("tbody tr[data-row]");
  const move = (step) => {
    const list = rows();
    const at = list.findIndex((row) => row.classList.contains("at"));
    const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? (step > 0 ? 0 : list.length - 1) : at + step))];
    if (!next) return;
    list.forEach((row) => row.classList.toggle("at", row === next));
    const link = next.querySelector("a");
    if (link) link.focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      all("details.drop[open]").forEach((one) => { one.open = false; one.querySelector("summary").focus(); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const row = document.querySelector("tr.at");
    const keys = {
      "/": () => document.querySelector("input[type=search]")?.focus(),
      "j": () => move(1),
      "k": () => move(-1),
      "x": () => row?.querySelector(".tick input")?.click(),
      "e": () => { if (row?.dataset.edit) location.assign(row.dataset.edit); },
      "a": () => document.querySelector("[data-key=a]")?.click(),
      "?": () => document.querySelector("[data-key=help]")?.click(),
    };
    if (event.key === " " && row && !event.target.closest("button, summary")) keys[" "] = keys.x;
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
