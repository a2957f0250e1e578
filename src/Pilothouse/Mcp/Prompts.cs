namespace Pilothouse.Mcp;

/// <summary>A prompt: a task for a model, together with the figures that it needs now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Task">What the model is to do.</param>
/// <param name="Figures">The tools whose answers go with the task.</param>
internal sealed record Prompt(string Name, string Title, string Description, string Task, params PromptFigures[] Figures)
{
    /// <summary>Its arguments: name, description, and whether it must be there.</summary>
    public IReadOnlyList<(string Name, string Description, bool Required)> Arguments { get; init; } = [];
}

/// <summary>An answer that goes with a prompt.</summary>
/// <param name="Tool">The tool that gives it.</param>
/// <param name="Arguments">Its fixed arguments.</param>
internal sealed record PromptFigures(string Tool, params (string Name, string Value)[] Arguments)
{
    /// <summary>The arguments of the prompt that it takes.</summary>
    public IReadOnlyList<string> Takes { get; init; } = [];
}

/// <summary>Every prompt.</summary>
internal static class Prompts
{
    private static readonly (string, string, bool) Bot = ("bot_name", "Only this bot; all, if it is left out.", false);

    public static readonly Prompt[] All =
    [
        new("daily_review", "Daily review", "What happened in the last 24 hours, and what to look at.",
            "Review the last 24 hours of trading from the figures below: results against fees and AI costs, the trades that made and lost most, risk that is open now,"
            + " bots that are silent, and what the circuit breaker did. Say how sure the figures let you be (sample_size), and end with at most three things to do, the most urgent first.",
            new("get_overview"), new("get_performance", ("period", "daily")) { Takes = ["bot_name"] }, new("get_costs") { Takes = ["bot_name"] }, new("list_events", ("limit", "20")) { Takes = ["bot_name"] })
        { Arguments = [Bot] },

        new("trade_post_mortem", "Post-mortem of a trade", "Why one trade was made, how it went and what to learn from it.",
            "Write a post-mortem of this trade from the record below: what was known when it was opened, who decided what and how confidently, how it went against the plan (stop, target, mfe, mae),"
            + " what it earned after fees and AI costs, and whether the decision was good whatever the result. One trade proves nothing: say what would have to be seen in others.",
            new PromptFigures("explain_trade") { Takes = ["trade_id"] }, new("get_market_context"))
        { Arguments = [("trade_id", "The id of the trade.", true)] },

        new("risk_check", "Risk check", "What is at risk now, and whether another trade may be opened.",
            "Check the risk that is open now: what each open trade loses at its stop, trades without a stop, trades that are one bet because their assets move together, drawdown and losing streak,"
            + " and how near each measure of the circuit breaker is to its limit. Say plainly whether you would open another trade now, and what would have to change.",
            new("may_i_trade") { Takes = ["bot_name"] }, new("list_trades", ("status", "open")) { Takes = ["bot_name"] }, new("get_performance") { Takes = ["bot_name"] }, new("get_correlations"))
        { Arguments = [Bot] },

        new("strategy_comparison", "Comparison of strategies", "Which strategy earned what, at which risk and on how many trades.",
            "Compare the strategies from the figures below: profit after fees, win rate with the number of trades behind it, profit factor, drawdown. Under 30 trades call it too few to judge."
            + " Say which differences may be chance, and what to test next on paper.",
            new("get_performance", ("split_by", "strategy")) { Takes = ["bot_name"] }, new("get_costs") { Takes = ["bot_name"] })
        { Arguments = [Bot] },
    ];
}
