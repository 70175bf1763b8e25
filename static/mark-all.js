// One box marks all users of the page, and shows whether all are marked.
"use strict";
{
  const line = document.getElementById("mark-all");
  const boxes = [...document.querySelectorAll('input[type="checkbox"][name="id"]')];

  if (line && boxes.length) {
    const all = line.querySelector("input");

    const show = () => {
      const marked = boxes.filter((box) => box.checked).length;
      all.checked = marked === boxes.length;
      all.indeterminate = marked > 0 && marked < boxes.length;
    };

    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      show();
    });
    for (const box of boxes) box.addEventListener("change", show);
    // A browser that comes back to this page may have kept the marks.
    window.addEventListener("pageshow", show);
    line.hidden = false;
    show();
  }
}
