using System.Text.Json;
using Microsoft.Extensions.Primitives;
using ModelContextProtocol.Protocol;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>Completes what a person begins to write: the names of bots and the ids of trades.</summary>
internal sealed class Completions(OperationRunner runner, OperationList operations)
{
    /// <summary>The most values of an answer, by the protocol.</summary>
    private const int Most = 100;

    private readonly ReadOperation bots = (ReadOperation)operations.Named("listBots");
    private readonly ReadOperation trades = (ReadOperation)operations.Named("listTrades");

    /// <summary>Returns the values of an argument that begin like this one.</summary>
    public async ValueTask<CompleteResult> OfAsync(Argument argument, Call call)
    {
        var (operation, field) = argument.Name switch
        {
            "name" or "bot_name" => (bots, "bot_name"),
            "id" or "trade_id" => (trades, "id"),
            _ => (null, ""),
        };
        if (operation is null)
        {
            return new() { Completion = new() { Values = [], Total = 0, HasMore = false } };
        }

        var all = new SentQuery("?limit=500", new QueryCollection(new Dictionary<string, StringValues> { ["limit"] = "500" }));
        var answer = await runner.ReadAsync(operation, call with { Query = all });
        var found = JsonElement.Parse(answer.Plain).GetProperty("data").EnumerateArray().Select(row => row.GetProperty(field).ToString())
            .Where(value => value.StartsWith(argument.Value, StringComparison.OrdinalIgnoreCase)).Distinct().ToList();
        return new() { Completion = new() { Values = [.. found.Take(Most)], Total = found.Count, HasMore = found.Count > Most } };
    }
}
