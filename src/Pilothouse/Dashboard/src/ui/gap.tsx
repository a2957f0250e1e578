/** The place of rows that are not in the document. Its height is that of a picture: a style attribute would be against the policy. */
export const Gap = ({ columns, height }: { columns: number; height: number }) =>
  <tr aria-hidden="true" class="gap"><td colSpan={columns}><svg width="1" height={height} /></td></tr>
