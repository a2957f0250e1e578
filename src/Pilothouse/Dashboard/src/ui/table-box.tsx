// What a table stands in that may be larger than its place.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** The box of a table, named by the title of the panel `panel`. The keyboard stops at it only while it scrolls, because only then it has something to do there. */
export function TableBox({ panel, class: more = '', children }: { panel: string; class?: string; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null)
  const [scrolls, setScrolls] = useState(false)
  useLayoutEffect(() => {
    const element = box.current!
    const look = () => setScrolls(element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight)
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    for (const child of element.children) sizes.observe(child)
    look()
    return () => sizes.disconnect()
  }, [])
  return <div class={`table-wrap ${more} ${scrolls ? 'scrolls' : ''}`} ref={box} {...(scrolls ? { tabIndex: 0, role: 'group', 'aria-labelledby': `h-${panel}` } : {})}>{children}</div>
}
