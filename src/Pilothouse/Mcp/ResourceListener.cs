using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Events;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Mcp;

/// <summary>
/// Tells a client which of its resources have changed, for as long as it listens (<c>subscriptions/listen</c> of 2026-07-28). It follows the
/// live stream. What happened before it listened, and while it did not, is not told: the client reads the resource when it begins.
/// </summary>
internal sealed class ResourceListener(EventHub hub, Database database, CallerDatabase callers, SourceBook sources, Settings settings)
{
    private const int MostAtOnce = 500;

    /// <summary>How many addresses a client may listen to with one request.</summary>
    private const int MostAddresses = 100;

    /// <summary>Listens until the client or the server ends it.</summary>
    /// <param name="server">The client's own channel.</param>
    /// <param name="id">The id of the request, under which the client knows its subscription.</param>
    /// <param name="uris">The addresses that it asks for.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="Refusal">There are too many addresses, or one that the caller may not read.</exception>
    public async Task RunAsync(McpServer server, RequestId id, IEnumerable<string> uris, Call call)
    {
        string[] asked = [.. uris.Distinct().Take(MostAddresses + 1)];
        if (asked.Length > MostAddresses)
        {
            throw Refusal.Invalid("resourceSubscriptions", $"must have at most {MostAddresses} addresses; GET /api/events tells of every change");
        }

        Listened[] known = [.. asked.Select(static uri => SourceBook.Find(uri) is ({ Document: null } source, var filled) ? new Listened(uri, source, filled) : null).OfType<Listened>()];
        Array.ForEach(known, one => sources.Demand(one.Source, call.Caller));
        var position = await database.ReadAsync(ChangeLog.NewestAsync, call.Cancel);
        hub.Join();
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Cancel, hub.Stopping);
            await SendAsync(server, id, "notifications/subscriptions/acknowledged",
                new JsonObject { ["notifications"] = new JsonObject { ["resourceSubscriptions"] = new JsonArray([.. known.Select(static one => (JsonNode)one.Uri)]) } }, end.Token);
            await FollowAsync(server, id, known, position, call, end.Token);
        }
        catch (OperationCanceledException) when (hub.Stopping.IsCancellationRequested)
        {
            // The server stops; the client comes back to the next one.
        }
        finally
        {
            hub.Leave();
        }
    }

    private async Task FollowAsync(McpServer server, RequestId id, Listened[] known, long position, Call call, CancellationToken end)
    {
        var (events, era) = (new List<LiveEvent>(), (int?)null);
        var hasTrades = Array.Exists(known, static one => one.Source == Sources.Trade);
        while (true)
        {
            var next = hub.Next;
            events.Clear();
            var taken = hub.Recent.Take(position, MostAtOnce, events);
            IEnumerable<Listened> changed = [];
            if (taken.State != TakenState.NotFollowed)
            {
                // Where it cannot be told what was missed, everything may have changed.
                var isLost = taken.State == TakenState.TooOld || (era is { } last && last != taken.Era);
                (position, era) = (isLost ? hub.Recent.Position ?? position : taken.Position, taken.Era);
                changed = isLost ? known : known.Where(new Touched(events, hasTrades).Has);
            }

            foreach (var one in changed)
            {
                await SendAsync(server, id, "notifications/resources/updated", new JsonObject { ["uri"] = one.Uri }, end);
            }

            if (events.Count < MostAtOnce)
            {
                await next.WaitAsync(end);
                if (settings.RequireAuthForReads == true)
                {
                    await callers.DemandAsync(call.Caller, end);
                }
            }
        }
    }

    private static Task SendAsync(McpServer server, RequestId id, string method, JsonObject parameters, CancellationToken cancel)
    {
        parameters["_meta"] = new JsonObject { ["io.modelcontextprotocol/subscriptionId"] = id.Id is long number ? number : (JsonNode?)id.ToString() };
        return server.SendMessageAsync(new JsonRpcNotification { Method = method, Params = parameters }, cancel);
    }

    /// <summary>A resource that a client listens to.</summary>
    private sealed record Listened(string Uri, Source Source, string Filled);

    /// <summary>What some events have changed.</summary>
    private sealed class Touched
    {
        private readonly HashSet<string> bots = new(StringComparer.Ordinal);
        private readonly HashSet<string> trades = new(StringComparer.Ordinal);
        private readonly bool days;

        /// <param name="events">The events.</param>
        /// <param name="withTrades">Whether anybody asks for trades. Only then is each event read.</param>
        public Touched(List<LiveEvent> events, bool withTrades)
        {
            foreach (var one in events)
            {
                var isOfTrade = one.Name.StartsWith("trade.", StringComparison.Ordinal);
                days |= isOfTrade && one.Name != "trade.opened";
                if (one.BotName is { } bot)
                {
                    bots.Add(bot);
                }

                if (withTrades && Number(one, isOfTrade ? "id" : "trade_id") is { } trade)
                {
                    trades.Add(trade);
                }
            }
        }

        /// <summary>Whether what stands under an address has changed.</summary>
        public bool Has(Listened one) => one.Source == Sources.Bot ? bots.Contains(one.Filled) : one.Source == Sources.Daily ? days : trades.Contains(one.Filled);

        private static string? Number(LiveEvent one, string field)
        {
            var data = one.Frame.AsSpan();
            data = data[(data.IndexOf("data: "u8) + 6)..];
            return JsonElement.Parse(data).TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null;
        }
    }
}
