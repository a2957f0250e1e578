using System.Text.Json.Serialization;
using Pilothouse.Bots;
using Pilothouse.Contract;

namespace Pilothouse.Fleet;

/// <summary>How one bot is doing now.</summary>
/// <param name="Status">The status of its newest report.</param>
/// <param name="Mode">The mode of its newest report.</param>
/// <param name="HeartbeatAgeSeconds">How long ago the newest report was made; null if its time cannot be read.</param>
/// <param name="ExpectedEverySeconds">How often it reports: what it says itself, else the median of its last intervals; null if unknown.</param>
/// <param name="Silent">Whether it is silent, in any mode that it has not left.</param>
/// <param name="OpenTrades">How many of its trades are open.</param>
/// <param name="TodayPnl">The profit of its trades that closed today (UTC); null if one of them has no price in the reporting currency.</param>
/// <param name="TotalPnl">The profit of all its closed trades; null if one of them has no price in the reporting currency.</param>
/// <param name="Currency">The currency of both, and of those of the modes: the settle asset of its trades, or the reporting currency where they settle in several.</param>
/// <param name="PnlByCurrency">Both for each settle asset.</param>
/// <param name="AiCostMonth">What its uses of outside APIs cost in this month (UTC).</param>
/// <param name="Modes">The bot in each mode that it has reported.</param>
/// <param name="Control">What is asked of it.</param>
/// <param name="LastReport">Its newest report.</param>
/// <param name="Warnings">What an owner should know, in sentences; empty if there is nothing.</param>
/// <param name="Undefined">Why a field is null, by its name; of a mode as <c>modes[0].total_pnl</c>.</param>
internal sealed record BotOverview(
    string BotName, string? Status, string? Mode, DateTimeOffset? ReportedAt, double? HeartbeatAgeSeconds, double? ExpectedEverySeconds, bool Silent,
    long OpenTrades, decimal? TodayPnl, decimal? TotalPnl, string Currency, IReadOnlyList<AssetPnl> PnlByCurrency, decimal? AiCostMonth,
    IReadOnlyList<ModeOverview> Modes, BotOrders Control, BotStatus LastReport, IReadOnlyList<string> Warnings, Dictionary<string, string> Undefined);

/// <summary>A bot in one mode.</summary>
/// <param name="Mode">The mode; null if its reports name none. Then the trades of all modes are its own.</param>
/// <param name="Left">Whether the bot has changed to another mode since: then it is not silent in this one.</param>
internal sealed record ModeOverview(
    string? Mode, string? Status, DateTimeOffset? ReportedAt, double? HeartbeatAgeSeconds, double? ExpectedEverySeconds, bool Silent, bool Left,
    long OpenTrades, decimal? TodayPnl, decimal? TotalPnl);

/// <summary>The profit of the trades that settle in one asset.</summary>
internal sealed record AssetPnl(string Currency, decimal? TodayPnl, decimal? TotalPnl);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TimeJson)])]
[JsonSerializable(typeof(Page<BotOverview>))]
[JsonSerializable(typeof(One<BotOverview>))]
internal sealed partial class FleetJson : JsonSerializerContext;
