// One checkbox selects all users or logins on the page and shows whether all are selected.
"use strict";
{
  const line = document.getElementById("mark-all");
  const boxes = [...document.querySelectorAll('input[type="checkbox"][name="id"]')];

  if (line && boxes.length) {
    const all = line.querySelector("input");

    const show = () => {
      const selected = boxes.filter((box) => box.checked).length;
      all.checked = selected === boxes.length;
      all.indeterminate = selected > 0 && selected < boxes.length;
    };

    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      show();
    });
    for (const box of boxes) box.addEventListener("change", show);
    // The back button may restore the selection.
    window.addEventListener("pageshow", show);
    line.hidden = false;
    show();
  }
}
