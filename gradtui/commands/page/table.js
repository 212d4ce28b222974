// The table of layers sorted by its heads and filtered by words, and code that can be copied.
(() => {
  for (const table of document.querySelectorAll("table.layers")) {
    const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];

    const value = (row, column) => {
      const cell = row.cells[column];
      if (cell.dataset.v === undefined) return cell.textContent.trim();
      return cell.dataset.v === "" ? null : Number(cell.dataset.v);
    };
    const compare = (a, b) =>
      typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;

    /* What is not known comes last, whichever way. */
    function sort(column, down) {
      const keyed = rows.map((row, i) => [value(row, column), i, row]);
      keyed.sort(([a, i], [b, j]) => {
        if (a === null || b === null) return (a === null) - (b === null) || i - j;
        return (down ? compare(b, a) : compare(a, b)) || i - j;
      });
      body.append(...keyed.map(([, , row]) => row));
      heads.forEach((head, i) => {
        if (i === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
        const arrow = head.querySelector("i");
        if (arrow) arrow.textContent = i === column ? (down ? " ▼" : " ▲") : "";
      });
    }

    heads.forEach((head, column) => {
      if (column === heads.length - 1) return;
      const button = document.createElement("button"), arrow = document.createElement("i");
      button.append(head.textContent, arrow);
      arrow.setAttribute("aria-hidden", "true");
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const words = rows.length > 0 && typeof value(rows[0], column) === "string";
        sort(column, before === null ? !words && column !== 0 : before === "ascending");
      });
    });

    const tools = document.createElement("p"), field = document.createElement("input");
    const count = document.createElement("output"), label = document.createElement("label");
    tools.className = "tools";
    field.type = "search";
    field.placeholder = "part of a name or kind";
    label.append("Filter ", field);
    tools.append(label, " ", count);
    const filter = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const text = `${row.cells[1].textContent} ${row.cells[2].textContent}`.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        left += !row.hidden;
      }
      count.textContent = `${left.toLocaleString("en")} of ${rows.length.toLocaleString("en")} layers`;
    };
    field.addEventListener("input", filter);
    filter();
    table.parentElement.before(tools);
  }

  for (const code of document.querySelectorAll("pre.code")) {
    const around = document.createElement("div"), button = document.createElement("button");
    around.className = "copying";
    code.before(around);
    around.append(code, button);
    button.textContent = "copy";
    button.setAttribute("aria-label", "copy these lines");
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        // Without leave for the clipboard the lines are chosen, and the old way is tried.
        getSelection().selectAllChildren(code);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "copied" : "chosen: press Ctrl+C";
      setTimeout(() => { button.textContent = "copy"; }, 2000);
    });
  }
})();
