using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>
/// A message of freqtrade (freqtrade/rpc/rpc_types.py), as the configuration in docs/webhooks.md sends it. Its formats make a text of every
/// value; None stands for nothing.
/// </summary>
/// <param name="Event">What happened, such as entry_fill.</param>
/// <param name="TradeId">freqtrade's own number of the trade.</param>
/// <param name="IsShort">Whether it wins when the price falls; null if the message does not say it.</param>
/// <param name="Rate">The price of the fill, in the stake currency.</param>
/// <param name="Amount">What was bought or sold, in the base asset.</param>
/// <param name="StakeAmount">What the trade holds after the fill, in the stake currency: no two entries of a trade have the same.</param>
/// <param name="IsPart">Whether the fill is one of several entries, or a partial exit; null if the message does not say it.</param>
/// <param name="ProfitAmount">What the exit earned, less the fees of it and of its share of the entry.</param>
/// <param name="CumulativeProfit">What all exits of the trade have earned.</param>
internal sealed record FreqtradeMessage(
    string Event, long TradeId, string Pair, bool? IsShort, decimal? Rate, decimal? Amount, decimal? StakeAmount, DateTimeOffset? OpenDate, DateTimeOffset? CloseDate,
    bool? IsPart, decimal? Leverage, string? StakeCurrency, string? EnterTag, string? ExitReason, decimal? ProfitAmount, decimal? CumulativeProfit, string? Status)
{
    public const string EntryFill = "entry_fill";
    public const string ExitFill = "exit_fill";

    /// <summary>Events of orders that are not filled.</summary>
    public static readonly string[] OfOrders = ["entry", "entry_cancel", "exit", "exit_cancel"];

    /// <summary>Events of the bot itself.</summary>
    public static readonly string[] OfBot = ["status", "startup", "warning", "exception"];

    public bool IsOfBot => OfBot.Contains(Event);

    /// <summary>What tells that a message is the same fill: freqtrade's messages have no id of the order.</summary>
    public string FillId => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{Event}\n{TradeId}\n{Pair}\n{OpenDate:O}\n{CloseDate:O}\n{Rate}\n{Amount}\n{(Event == EntryFill ? StakeAmount : null)}"))))[..32];

    /// <summary>Reads a message.</summary>
    /// <exception cref="Refusal">It names each field that is missing or cannot be read.</exception>
    public static FreqtradeMessage Of(Dictionary<string, string> sent)
    {
        var fields = new SentTexts(sent);
        var name = fields.Text("event") ?? fields.Text("type") ?? throw Refusal.Invalid("event", InputRules.IsRequired);
        name = name[(name.LastIndexOf('.') + 1)..].ToLowerInvariant();
        if (name is not (EntryFill or ExitFill) && !OfOrders.Contains(name) && !OfBot.Contains(name))
        {
            throw Refusal.Invalid("event", $"is {PrintableText.Name(name)}, and must be one of {string.Join(", ", OfOrders.Append(EntryFill).Append(ExitFill).Concat(OfBot))}");
        }

        var isFill = name is EntryFill or ExitFill;
        var message = new FreqtradeMessage(
            name,
            OfBot.Contains(name) ? 0 : fields.Whole("trade_id", required: true) ?? 0,
            OfBot.Contains(name) ? "" : fields.Text("pair", required: true) ?? "",
            fields.Direction(required: name == EntryFill),
            isFill ? fields.Number(name == EntryFill ? "open_rate" : "close_rate", required: true) : null,
            isFill ? fields.Number("amount", required: true) : null,
            fields.Number("stake_amount"),
            fields.Time("open_date", required: name == EntryFill),
            fields.Time("close_date", required: name == ExitFill),
            fields.Flag("is_final_exit") is { } isFinal ? !isFinal : fields.Flag("sub_trade"),
            fields.Number("leverage"),
            fields.Text("stake_currency"),
            fields.Text("enter_tag"),
            fields.Text("exit_reason"),
            fields.Number("profit_amount"),
            fields.Number("cumulative_profit"),
            fields.Text("status", required: OfBot.Contains(name)));
        fields.DemandGood();
        return message;
    }

    /// <summary>The texts of a message, and what is wrong with them.</summary>
    private sealed class SentTexts(Dictionary<string, string> sent)
    {
        /// <summary>With larger numbers than this, products of two might not fit a decimal.</summary>
        private const decimal Largest = 1e13m;

        private readonly List<FieldError> errors = [];

        public string? Text(string name, bool required = false)
        {
            var text = sent.GetValueOrDefault(name);
            if (text is null or "" or "None" or "null")
            {
                text = null;
            }
            else if (text.StartsWith('{') && text.EndsWith('}'))
            {
                return Wrong<string>(name, text, "filled in by freqtrade: it was not");
            }

            if (required && text is null)
            {
                errors.Add(new(name, InputRules.IsRequired));
            }

            return text;
        }

        public long? Whole(string name, bool required = false) => Text(name, required) is not { } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Wrong<long?>(name, text, "a whole number");

        public decimal? Number(string name, bool required = false) => Text(name, required) is not { } text ? null
            : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) <= Largest
                ? number : Wrong<decimal?>(name, text, "a number, and no larger than anybody has");

        public bool? Flag(string name) => Text(name) is not { } text ? null
            : bool.TryParse(text, out var flag) ? flag : Wrong<bool?>(name, text, "True or False");

        public DateTimeOffset? Time(string name, bool required = false) => Text(name, required) is not { } text ? null
            : Timestamps.TryParse(text, out var time) ? time : Wrong<DateTimeOffset?>(name, text, "a time such as 2026-03-02 12:00:00+00:00");

        public bool? Direction(bool required) => Text("direction", required)?.ToLowerInvariant() switch
        {
            null => null,
            "long" => false,
            "short" => true,
            var other => Wrong<bool?>("direction", other, "Long or Short"),
        };

        public void DemandGood()
        {
            if (errors.Count > 0)
            {
                throw Refusal.Invalid(errors);
            }
        }

        private T? Wrong<T>(string name, string text, string what)
        {
            errors.Add(new(name, $"is {PrintableText.Name(text)}, and must be {what}"));
            return default;
        }
    }
}

/// <summary>The fields of a message of freqtrade, for the OpenAPI document. Each is a text, as freqtrade's formats make it.</summary>
internal sealed record FreqtradeForm(
    string? Event = null, string? TradeId = null, string? Pair = null, string? Direction = null, string? Leverage = null,
    string? OpenRate = null, string? CloseRate = null, string? Amount = null, string? StakeAmount = null, string? StakeCurrency = null,
    string? OpenDate = null, string? CloseDate = null, string? EnterTag = null, string? ExitReason = null, string? SubTrade = null,
    string? IsFinalExit = null, string? ProfitAmount = null, string? CumulativeProfit = null, string? Status = null, string? Secret = null);
