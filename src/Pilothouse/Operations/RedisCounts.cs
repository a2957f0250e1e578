using System.Globalization;
using Pilothouse.Configuration;
using StackExchange.Redis;

namespace Pilothouse.Operations;

/// <summary>
/// Counts calls in Redis, in the windows of <see cref="CallCounter"/>: each begins with a client's first call. Redis's clock alone begins
/// and ends them, so that servers whose clocks differ count in the same window.
/// </summary>
internal sealed class RedisCounts : IDisposable
{
    private const string Prefix = "pilothouse:limits";

    /// <summary>
    /// Runs as one step in Redis, so no call is lost or counted twice, and no key is left without an expiry. An end that is further away
    /// than the length of a window comes from a clock that was set back since.
    /// </summary>
    private const string Script = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local answer = {now}
        for i, key in ipairs(KEYS) do
          local window = tonumber(ARGV[i])
          local calls = redis.call('HINCRBY', key, 'calls', 1)
          local ends = tonumber(redis.call('HGET', key, 'ends'))
          if not ends or ends <= now or ends > now + window then
            calls = 1
            ends = now + window
            redis.call('HSET', key, 'calls', calls, 'ends', string.format('%.0f', ends))
            redis.call('PEXPIRE', key, window)
          end
          answer[2 * i] = calls
          answer[2 * i + 1] = ends
        end
        return answer
        """;

    /// <summary>
    /// Commands that the library would send by itself and that this server does not need: a second connection for messages, and questions
    /// that a user of few rights may not ask.
    /// </summary>
    private static readonly HashSet<string> Unneeded =
        ["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "CONFIG", "CLUSTER", "SENTINEL"];

    /// <summary>How often the library looks after its connection, and tries to connect again.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConnectionMultiplexer connection;
    private readonly IDatabase database;

    private RedisCounts(ConnectionMultiplexer connection)
    {
        this.connection = connection;
        database = connection.GetDatabase();
    }

    /// <summary>
    /// Prepares the connection. If Redis is not there, it is tried again in the background, and calls fail at once until then.
    /// </summary>
    public static async Task<RedisCounts> ConnectAsync(RedisUrl url)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { url.Host, url.Port } },
            User = url.User,
            Password = url.Password,
            DefaultDatabase = url.Database,
            Ssl = url.HasTls,
            SslHost = url.HasTls ? url.Host : null,
            ClientName = "pilothouse",
            Protocol = RedisProtocol.Resp2,
            AbortOnConnectFail = false,
            BacklogPolicy = BacklogPolicy.FailFast,
            ConnectRetry = 1,
            ConnectTimeout = (int)LookEvery.TotalMilliseconds,
            AsyncTimeout = (int)LookEvery.TotalMilliseconds,
            KeepAlive = 2,
            HeartbeatInterval = LookEvery,
            ReconnectRetryPolicy = new LinearRetry((int)LookEvery.TotalMilliseconds),
            CommandMap = CommandMap.Create(Unneeded, available: false),
            ConfigurationChannel = "",
            TieBreaker = "",
            SetClientLibrary = false,
            IncludeDetailInExceptions = false,
        };
        return new(await ConnectionMultiplexer.ConnectAsync(options));
    }

    /// <summary>Counts one call in one limit or in two.</summary>
    public async Task<(LimitState First, LimitState? Second)> TakeAsync(ClientLimit first, ClientLimit? second)
    {
        var answer = await database.ScriptEvaluateAsync(
            Script,
            second is { } other ? [KeyOf(first), KeyOf(other)] : [KeyOf(first)],
            second is { } more ? [Milliseconds(first), Milliseconds(more)] : [Milliseconds(first)]);
        var numbers = (long[]?)answer ?? [];
        return (StateOf(first, numbers, 1), second is { } last ? StateOf(last, numbers, 3) : null);
    }

    public void Dispose() => connection.Dispose();

    private static RedisKey KeyOf(in ClientLimit limit) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}:{(long)limit.Window.TotalSeconds}:{limit.Client}:{limit.Route}");

    private static RedisValue Milliseconds(in ClientLimit limit) => (long)limit.Window.TotalMilliseconds;

    private static LimitState StateOf(in ClientLimit limit, long[] numbers, int at)
    {
        var (now, calls, ends) = (numbers[0], numbers[at], numbers[at + 1]);
        var left = (int)(limit.Most - Math.Min(calls, limit.Most + 1L));
        return new(limit.Most, left, DateTimeOffset.FromUnixTimeMilliseconds(ends), limit.Otherwise, TimeSpan.FromMilliseconds(ends - now));
    }
}
