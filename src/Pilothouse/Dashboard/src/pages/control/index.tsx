import { AlertsPanel } from './alerts'
import { BackupsPanel, AuditPanel, KeysPanel } from './keeping'
import { BotsPanel } from './bots'
import { BreakerPanel } from './breaker'
import { ConsentsPanel } from './consents'

export default function Control() {
  return <><ConsentsPanel /><BotsPanel /><BreakerPanel /><KeysPanel /><BackupsPanel /><AuditPanel /><AlertsPanel /></>
}
