import { t } from '../texts'

/** A filter of one value: the browser's own choice, which works with every key and on every phone. */
export const Pick = ({ label, value, choices, words = {}, onChoose, none = t.pick.all }: { label: string; value: string; choices: string[]; words?: Record<string, string>; onChoose: (value: string) => void; none?: string | null }) =>
  <label class="pick pick-field"><span class="of">{label}</span>
    <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      {none === null ? null : <option value="">{none}</option>}
      {choices.map((choice) => <option key={choice} value={choice}>{words[choice] ?? choice}</option>)}
    </select></label>
