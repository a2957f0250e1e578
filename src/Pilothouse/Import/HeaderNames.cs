using Pilothouse.Contract;

namespace Pilothouse.Import;

/// <summary>Finds the field that a column of a CSV file is by its heading.</summary>
internal static class HeaderNames
{
    /// <summary>Other words for fields, without case, spaces and marks; the likeliest first.</summary>
    private static readonly Dictionary<string, string> Words = new()
    {
        ["timestamp"] = "opentime opendate openedat openat opendatetime entrytime entrydate entrydatetime datetime date time createdat utctime dateutc timeutc",
        ["open_time"] = "opentime timestamp time date datetime",
        ["closed_at"] = "closetime closedate closedatetime closeat exittime exitdate exitdatetime",
        ["trading_pair"] = "pair symbol market ticker instrument currencypair coin contract",
        ["side"] = "direction positionside tradeside type buysell action",
        ["entry_price"] = "openrate openprice avgentryprice averageentryprice entry buyprice avgopenprice",
        ["exit_price"] = "closerate closeprice avgexitprice averageexitprice exit sellprice avgcloseprice",
        ["quantity"] = "qty amount size positionsize contracts units volume",
        ["fees"] = "fee commission commissions tradingfee totalfee",
        ["fee_asset"] = "feecurrency feecoin commissionasset",
        ["funding"] = "fundingfee fundingfees",
        ["settle_asset"] = "settlecurrency settlementasset stakecurrency quotecurrency",
        ["stop_loss"] = "sl stop stopprice",
        ["take_profit"] = "tp target targetprice",
        ["external_id"] = "id tradeid positionid orderid transactionid txid",
        ["exit_reason"] = "closereason sellreason",
        ["strategy"] = "entertag buytag setup system strategyname",
        ["status"] = "state",
        ["bot_name"] = "bot",
        ["signal_type"] = "signal action type side",
        ["signal_strength"] = "strength score",
        ["price"] = "close lastprice last",
        ["timeframe"] = "interval resolution",
        ["recommendation"] = "airecommendation",
        ["ai_analysis"] = "analysistext analysis",
        ["correlation_value"] = "correlation correlationcoefficient r",
        ["api_name"] = "api provider",
        ["operation_type"] = "operation",
        ["api_calls"] = "calls",
        ["estimated_cost"] = "cost",
        ["input_tokens"] = "prompttokens",
        ["output_tokens"] = "completiontokens",
        ["amount"] = "change sum value",
        ["asset"] = "currency coin",
        ["open"] = "o",
        ["high"] = "h",
        ["low"] = "l",
        ["close"] = "c",
        ["volume"] = "v vol",
    };

    /// <summary>Returns the column of each field that a heading names; each column is one field at most.</summary>
    /// <param name="fields">The fields of the table.</param>
    /// <param name="headings">The headings of the file.</param>
    public static Dictionary<string, int> Guess(IReadOnlyList<Column> fields, IReadOnlyList<string> headings)
    {
        var plain = headings.Select(Plain).ToList();
        var found = new Dictionary<string, int>();
        foreach (var field in fields)
        {
            Take(field.Name, Plain(field.Name));
        }

        foreach (var field in fields)
        {
            foreach (var word in Words.GetValueOrDefault(field.Name)?.Split(' ') ?? [])
            {
                Take(field.Name, word);
            }
        }

        return found;

        void Take(string field, string heading)
        {
            var column = plain.IndexOf(heading);
            if (column >= 0 && !found.ContainsKey(field) && !found.ContainsValue(column))
            {
                found[field] = column;
            }
        }
    }

    private static string Plain(string heading) => string.Concat(heading.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}
