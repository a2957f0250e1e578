import { Detail } from './detail'
import { List } from './list'

export default function Trades({ id }: { id?: string }) {
  return id === undefined ? <List /> : <Detail key={id} id={Number(id)} />
}
