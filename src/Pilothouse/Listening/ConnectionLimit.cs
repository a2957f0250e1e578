using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Pilothouse.Auth;
using Pilothouse.Configuration;

namespace Pilothouse.Listening;

/// <summary>
/// Limits the open connections. Strangers have a limit per address and a limit for all of them together, so that there is always room for
/// the owner; this machine and the addresses of IP_ALLOWLIST and TRUSTED_PROXIES do not count as strangers. All connections together are
/// limited to what <see cref="OpenFiles"/> has room for, and strangers to three quarters of that. A connection above a limit is closed at
/// once, before TLS.
/// </summary>
internal sealed partial class ConnectionLimit(Settings settings, TimeProvider clock, ILogger<ConnectionLimit> logger, OpenFiles? files = null)
{
    public const int PerAddress = 256;
    public const int OfStrangers = 4096;
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, int> open = new();
    private int all;
    private int total;
    private long saidAt;

    /// <summary>The open connections of all clients.</summary>
    public int Open => Volatile.Read(ref all);

    /// <summary>The limit for all connections together.</summary>
    private int Most => files?.Connections ?? int.MaxValue;

    private int MostOfStrangers => (int)Math.Min(OfStrangers, Most * 3L / 4);

    /// <summary>Serves the connection, or closes it if a limit is reached.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            if (Interlocked.Increment(ref all) > Most)
            {
                files?.Say(Open - 1);
                connection.Abort(new ConnectionAbortedException("too many connections"));
                return;
            }

            await RunCountedAsync(connection, next);
        }
        finally
        {
            Interlocked.Decrement(ref all);
        }
    }

    private async Task RunCountedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
        {
            await next(connection);
            return;
        }

        connection.Features.Set(new Peer(address));
        if (IsFree(address))
        {
            await next(connection);
            return;
        }

        var client = Caller.AddressOf(address);
        try
        {
            var mine = open.AddOrUpdate(client, 1, static (_, count) => count + 1);
            if (Interlocked.Increment(ref total) > MostOfStrangers || mine > PerAddress)
            {
                Say(client, mine);
                connection.Abort(new ConnectionAbortedException("too many connections"));
                return;
            }

            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref total);
            Release(client);
        }
    }

    private bool IsFree(IPAddress address) => settings.IsThisMachine(address) || settings.IsListed(address) || settings.IsTrustedProxy(address);

    private void Release(string client)
    {
        while (open.TryGetValue(client, out var count))
        {
            if (count > 1 ? open.TryUpdate(client, count - 1, count) : open.TryRemove(new(client, count)))
            {
                return;
            }
        }
    }

    private void Say(string client, int mine)
    {
        var now = clock.GetUtcNow().UtcTicks;
        var last = Interlocked.Read(ref saidAt);
        if (Math.Abs(now - last) > SayEvery.Ticks && Interlocked.CompareExchange(ref saidAt, now, last) == last)
        {
            TooMany(logger, client, mine, Volatile.Read(ref total));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connections are closed unanswered: {Client} has {Count} of them, all strangers together {Total}")]
    private static partial void TooMany(ILogger logger, string client, int count, int total);
}
