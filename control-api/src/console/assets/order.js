// Lists that are arranged by dragging. By keyboard and without scripting the buttons of each line do the same.

export function arrange() {
  for (const list of document.querySelectorAll("ol.order")) {
    const form = document.getElementById(list.dataset.form);
    if (!form) continue;
    let dragged = null;
    for (const line of list.children) line.draggable = true;
    list.addEventListener("dragstart", event => {
      dragged = event.target.closest("li");
      dragged.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    list.addEventListener("dragover", event => {
      const over = event.target.closest("li");
      if (!dragged || !over || over === dragged) return;
      event.preventDefault();
      const box = over.getBoundingClientRect();
      over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
    });
    list.addEventListener("drop", event => event.preventDefault());
    list.addEventListener("dragend", () => {
      dragged.classList.remove("dragged");
      dragged = null;
      form.elements.order.value = [...list.children].map(line => line.dataset.id).join(",");
      form.requestSubmit();
    });
  }
}
