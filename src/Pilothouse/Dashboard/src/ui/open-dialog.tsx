// The dialog that is open. What changes anything asks for the PIN first.
import { useKeys } from '../pages/control/keeping'
import type { Page } from '../pages'
import { signedIn } from '../session'
import { t } from '../texts'
import { AskBot, Choose } from './ask'
import { Clear, Trigger } from './breaker-dialogs'
import { Decide } from './consent'
import { Frame } from './dialog'
import { asked, close } from './dialogs'
import { Find, Help } from './find'
import { MakeKey, Revoke } from './key-dialogs'
import { More } from './more'
import { Pin } from './pin'

export function OpenDialog({ page }: { page: Page | null }) {
  const now = asked.value
  if (now === null) return null
  if (now.kind === 'find') return <Find />
  if (now.kind === 'help') return <Help />
  if (now.kind === 'more') return <More page={page} />
  if (now.kind === 'choose') return <Choose go={(next) => { asked.value = next }} />
  if (now.kind === 'sign-in' || !signedIn.value) {
    return <Frame title={t.dialog.signIn} foot={<button type="button" class="btn btn-l" onClick={close}>{t.dialog.back}</button>} say={t.dialog.esc}>
      <Pin id="pin3" label={t.login.label} done={now.kind === 'sign-in' ? close : () => undefined} />
      <p class="small ink-3 wrap">{t.login.where[0]}<code>.env</code>{t.login.where[1]}<code>BOT_CONTROL_PIN</code>{t.login.where[2]}</p></Frame>
  }
  switch (now.kind) {
    case 'trigger': return <Trigger />
    case 'clear': return <Clear bot={now.bot} />
    case 'decide': return <Decide id={now.id} />
    case 'make-key': return <Keys>{(changed) => <MakeKey changed={changed} />}</Keys>
    case 'revoke': return <Keys>{(changed) => <Revoke id={now.id} name={now.name} changed={changed} />}</Keys>
    default: return <AskBot key={`${now.kind}${now.bot}`} asked={now} />
  }
}

const Keys = ({ children }: { children: (changed: () => void) => preact.JSX.Element }) => {
  const keys = useKeys()
  return children(keys.reload)
}
