/**
 * Makes a matcher for a pattern in which `*` stands for any characters and `?` for one.
 * It steps back to the latest star only, so no pattern makes it slow: at worst length times length.
 */
export function createGlob(pattern: string): (text: string) => boolean {
  return (text) => {
    let inText = 0;
    let inPattern = 0;
    let star = -1;
    let retryFrom = 0;

    while (inText < text.length) {
      const wanted = pattern[inPattern];
      if (wanted === '*') {
        star = inPattern++;
        retryFrom = inText;
      } else if (wanted === '?' || wanted === text[inText]) {
        inPattern++;
        inText++;
      } else if (star === -1) return false;
      else {
        inPattern = star + 1;
        inText = ++retryFrom;
      }
    }
    while (pattern[inPattern] === '*') inPattern++;
    return inPattern === pattern.length;
  };
}
