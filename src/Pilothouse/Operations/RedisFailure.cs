using StackExchange.Redis;

namespace Pilothouse.Operations;

/// <summary>
/// Says why Redis does not count, in words of our own: those of the library and of Redis may repeat a command with the password in it.
/// </summary>
internal static class RedisFailure
{
    /// <summary>What a user of Redis must be allowed to do, as Redis writes it.</summary>
    public const string NeededRights = "+@connection +info +eval +evalsha +script|load +time +hincrby +hget +hset +pexpire";

    public static string Explain(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (OfOne(cause) is { } reason)
            {
                return reason;
            }
        }

        return error switch
        {
            RedisConnectionException => "no connection can be made",
            TimeoutException => "it did not answer in time",
            _ => $"the library failed ({error.GetType().Name})",
        };
    }

    private static string? OfOne(Exception error) => error switch
    {
        RedisConnectionException broken => OfConnection(broken.FailureType),
        RedisServerException refused => OfAnswer(refused.Message),
        _ => null,
    };

    private static string? OfConnection(ConnectionFailureType failure) => failure switch
    {
        ConnectionFailureType.AuthenticationFailure => "user and password, or the certificate, were refused",
        ConnectionFailureType.SocketFailure or ConnectionFailureType.SocketClosed => "the connection broke",
        ConnectionFailureType.Loading => "it is still loading its data",
        _ => null,
    };

    private static string OfAnswer(string answer) => answer.Split(' ')[0] switch
    {
        "NOAUTH" or "WRONGPASS" => "user and password were refused",
        "NOPERM" => $"its user needs ~pilothouse:limits:* {NeededRights}",
        "OOM" => "its memory is full",
        "READONLY" => "it is a replica, which takes no writes",
        "LOADING" => "it is still loading its data",
        "MISCONF" => "it cannot save its data and takes no writes",
        _ when answer.Contains("DB index", StringComparison.OrdinalIgnoreCase) => "it does not have the database that REDIS_URL names",
        _ => "it answered with an error",
    };
}
