/** Hands a file to the browser to be saved. */
export function saveText(fileName: string, text: string): void {
  // With its mark, because a spreadsheet takes text without one for an old encoding.
  const url = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
