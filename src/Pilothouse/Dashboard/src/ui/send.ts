// How a dialog sends what it asks.
import { useRef, useState } from 'preact/hooks'

/** Sends once at a time, however often a button is pressed, and keeps why it was refused. */
export function useSend() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const running = useRef(false)
  const send = async (work: () => Promise<void>) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    setError(null)
    try {
      await work()
    } catch (refused) {
      setError(refused)
    } finally {
      running.current = false
      setBusy(false)
    }
  }
  return { busy, error, send }
}
