"use strict";
// The page works without this script. The script adds copying, and counting of tools while boxes are ticked.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    let done = true;
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Without HTTPS, the browser has no clipboard API. The text stays selected, so that the visitor can copy it.
      getSelection().selectAllChildren(source);
      done = document.execCommand("copy");
    }
    const state = done ? "Copied" : "Press Ctrl+C";
    button.textContent = state;
    document.getElementById("copied").textContent = state;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

const tally = document.getElementById("tally");
if (tally) {
  const form = tally.closest("form");
  document.getElementById("count").hidden = true;
  const ticked = (name) => [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value);
  form.addEventListener("change", () => {
    const methods = ticked("methods"), tags = ticked("tags"), tools = ticked("tools");
    const preset = ticked("preset").find((name) => name), withoutTags = ticked("exclude_tags");
    const withoutTools = form.elements.exclude_tools.value.split(/[\s,]+/);
    const secrets = preset || ticked("include_secrets").length || tags.includes("secrets");
    // Without methods, names and a preset, a server reads only.
    if (!methods.length && !tools.length && !preset) methods.push("read");
    const boxes = [...form.querySelectorAll("input[data-method]")];
    let count = 0;
    for (const box of boxes) {
      const { method, effect } = box.dataset;
      const own = box.dataset.tags.split(" ");
      const offered = (!preset || box.dataset.presets.split(" ").includes(preset))
        && (!methods.length || methods.includes(method) || methods.includes(effect))
        && (!tags.length || own.some((tag) => tags.includes(tag)))
        && (!tools.length || tools.includes(box.value))
        && !own.some((tag) => withoutTags.includes(tag)) && !withoutTools.includes(box.value)
        && (secrets || !own.includes("secrets") || tools.includes(box.value));
      box.closest("li").classList.toggle("off", !offered);
      count += offered;
    }
    const strong = document.createElement("strong");
    strong.textContent = count;
    tally.replaceChildren(strong, ` of ${boxes.length} tools are offered`);
  });
}
