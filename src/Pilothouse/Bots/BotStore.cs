using Pilothouse.Storage;
namespace Pilothouse.Bots;
internal static class BotStore { private static readonly Sql B = new("SELECT balance FROM bot_status WHERE balance IS NOT NULL ORDER BY id LIMIT 1"); public static async ValueTask<List<decimal>> FirstBalancesAsync(Session session, string? botName) { _ = botName; return await session.Prepare(B).ListAsync(static r => r.Money(0) ?? 0); } }
