namespace Pilothouse.Mcp;

/// <summary>A resource of the protocol: data under an address, which the user or the agent's program chooses to read.</summary>
/// <param name="Uri">Its address. <c>{name}</c> or <c>{id}</c> makes it a template.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it holds.</param>
/// <param name="Reads">The read whose answer it holds; null for a document.</param>
/// <param name="Document">The document that it holds; null for a read.</param>
internal sealed record Source(string Uri, string Name, string Description, Tool? Reads = null, string? Document = null)
{
    /// <summary>The addresses of all sources begin with this.</summary>
    public const string Root = "pilothouse://";

    private readonly string before = Uri.Split('{')[0];

    /// <summary>Whether the address has a part that is filled in.</summary>
    public bool IsTemplate => Uri.Contains('{', StringComparison.Ordinal);

    /// <summary>The argument of the read that the filled part is.</summary>
    public string? Target => Reads?.Parts[0].Target;

    /// <summary>Returns the filled part of an address of this source, empty for a plain one; null for the address of another.</summary>
    public string? Match(string uri) =>
        !IsTemplate ? (uri == Uri ? "" : null)
        : uri.Length > before.Length && uri.StartsWith(before, StringComparison.Ordinal) && !uri[before.Length..].Contains('/', StringComparison.Ordinal)
            ? System.Uri.UnescapeDataString(uri[before.Length..])
            : null;
}

/// <summary>Every resource.</summary>
internal static class Sources
{
    public static readonly Source Bot = new($"{Source.Root}bots/{{name}}", "Bot", "One bot: its last report, heartbeat, profit and what is asked of it.",
        new Tool("bot", "Bot", ToolKind.Read, "", new ToolPart("getBot") { Target = "name", Takes = [] }));

    public static readonly Source Trade = new($"{Source.Root}trades/{{id}}", "Trade", "One trade: why it was made and how it went.",
        new Tool("trade", "Trade", ToolKind.Read, "", new ToolPart("whyTrade") { Target = "id", Takes = [] }) { Sample = "steps" });

    public static readonly Source Daily = new($"{Source.Root}performance/daily", "Profit per day", "Profit, trades and fees of each day (UTC).",
        new Tool("daily", "Profit per day", ToolKind.Read, "", new ToolPart("dailyPerformance") { Takes = [] }) { Sample = "total_days", HoldsForeignText = false });

    public static readonly Source[] All =
    [
        new($"{Source.Root}docs/metrics", "What the figures mean", "The definition of every figure.", Document: "metrics.md"),
        new($"{Source.Root}docs/api", "The HTTP API", "Every route with its fields, rights and refusals.", Document: "api.md"),
        Daily, Bot, Trade,
    ];
}
