// Parts that are loaded when they are first shown.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Shows a component as soon as its script is there; the place keeps its size meanwhile. */
export function lazy<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>, className: string) {
  let loaded: ComponentType<Props> | null = null
  return function Lazy(props: Props) {
    const [, show] = useState(loaded !== null)
    useEffect(() => {
      let gone = false
      if (!loaded) void load().then((module) => { loaded = module.default; if (!gone) show(true) })
      return () => { gone = true }
    }, [])
    const Shown = loaded as ComponentType<Props> | null
    return Shown ? <Shown {...props} /> : <div class={className} />
  }
}
