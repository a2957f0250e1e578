using System.Diagnostics;
using System.Text.Json;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Mcp;

/// <summary>
/// In which mode each bot is, by its newest reports, for answers whose records do not say it. It is asked again when something was committed,
/// but not more often than once a second.
/// </summary>
internal sealed class FleetModes(OperationRunner runner, OperationList operations, Database database)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly ReadOperation bots = (ReadOperation)operations.Named("listBots");
    private Known? known;

    /// <summary>Returns the modes of these bots; of all bots if none of them is known. A caller who may not read the bots is told none.</summary>
    public async ValueTask<Modes> OfAsync(IReadOnlySet<string> named, Call call)
    {
        if (!call.Caller.Scopes.HasFlag(runner.ScopeOf(bots)))
        {
            return Modes.None;
        }

        var modes = (await KnownAsync(call)).ByBot;
        var found = named.Aggregate(Modes.None, (sum, bot) => sum | modes.GetValueOrDefault(bot));
        return found != Modes.None ? found : modes.Values.Aggregate(Modes.None, static (sum, one) => sum | one);
    }

    private async ValueTask<Known> KnownAsync(Call call)
    {
        var stamp = await database.StampAsync(call.Cancel);
        if (known is { } last && (last.Stamp == stamp || Stopwatch.GetElapsedTime(last.At) < Shortest))
        {
            return last;
        }

        var answer = await runner.ReadAsync(bots, call with { Target = null, Query = default });
        var modes = new Dictionary<string, Modes>();
        foreach (var bot in JsonElement.Parse(answer.Plain).GetProperty("data").EnumerateArray())
        {
            modes[bot.GetProperty("bot_name").GetString() ?? ""] = AnswerFacts.ModesOf(bot.GetProperty("mode").GetString());
        }

        return known = new(stamp, Stopwatch.GetTimestamp(), modes);
    }

    private sealed record Known(long Stamp, long At, Dictionary<string, Modes> ByBot);
}
