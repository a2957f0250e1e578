"""Steps of agents, as LangGraph and CrewAI have them: each takes the state and returns what it adds. All that they decide is recorded.

    PYTHONPATH=clients/python python3 clients/python/examples/agent_step.py

``recorded`` makes a step from a function: in LangGraph ``graph.add_node("risk", recorded(client, "risk", "risk_manager", "entry")(risk))``,
in CrewAI the body of a tool. What the functions here say comes from rules, so that the example runs without a model; a call of one goes
where the comment says so, and its tokens into ``decision.used``.
"""

from typing import Any, Callable, Dict

from pilothouse import Decision, Pilothouse

State = Dict[str, Any]
Step = Callable[[State], State]
Thought = Callable[[State, Decision], State]


def recorded(client: Pilothouse, agent_name: str, agent_role: str, decision_type: str) -> Callable[[Thought], Step]:
    """Makes a step whose decision is recorded with its input, its result, its time and its costs. If it fails, that is recorded too."""

    def wrap(think: Thought) -> Step:
        def step(state: State) -> State:
            seen = {name: value for name, value in state.items() if isinstance(value, (str, int, float))}
            with client.decision(agent_name, agent_role, decision_type, input_data=seen, signal=state.get("signal")) as decision:
                added = think(state, decision)
            return {**state, **added, f"{agent_name}_decision": decision.receipt}
        return step
    return wrap


def analyst(state: State, decision: Decision) -> State:
    """Says whether the price is low."""
    # A call of a model goes here: decision.used("anthropic", "analysis", model="...", input_tokens=..., output_tokens=...)
    distance = (state["mean"] - state["price"]) / state["mean"]
    view = "BUY" if distance > 0.01 else "HOLD"
    decision.decide(view, confidence=min(1.0, abs(distance) * 20), reasoning=f"The price is {distance:.1%} below its mean.")
    return {"view": view}


def risk(state: State, decision: Decision) -> State:
    """Lets a trade pass whose stop costs at most one percent of the balance."""
    loss = state["quantity"] * (state["price"] - state["stop_loss"])
    may = state["view"] == "BUY" and loss <= state["balance"] * 0.01
    reasoning = f"At the stop the trade loses {loss:.2f}."
    decision.decide("approve" if may else "reject", confidence=1.0, reasoning=reasoning, output_data={"loss": loss})
    return {"approved": may}


def main() -> None:
    with Pilothouse(bot="agents") as client, client.bot(every=30, mode="paper") as bot:
        steps = [
            recorded(client, "analyst", "market_analyst", "view")(analyst),
            recorded(client, "risk", "risk_manager", "entry")(risk),
        ]
        state: State = {"price": 3.30, "mean": 3.41, "quantity": 100, "stop_loss": 3.25, "balance": 1_000.0}
        state["signal"] = client.signal("SUI/USDC", "BUY", 40, state["price"])
        for step in steps:
            bot.alive()
            state = step(state)
        if state["approved"]:
            trade = client.open_trade(
                "SUI/USDC", "BUY", state["price"], state["quantity"], signal=state["signal"], stop_loss=state["stop_loss"], mode="paper")
            client.link_decision(state["risk_decision"], trade=trade)
        client.flush(10)
        print(f"approved: {state['approved']}; {client.waiting} records wait for the server")


if __name__ == "__main__":
    main()
