using System.Globalization;
using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>How far the seed's own migrations had come in a file.</summary>
public enum SeedState
{
    /// <summary>None ran; there is no schema_migrations.</summary>
    Fresh,

    /// <summary>Both ran.</summary>
    Migrated,

    /// <summary>The second broke off: one of its three columns is there, its journal row is not.</summary>
    Half,

    /// <summary>As Half, and some of the columns that we would add are there as well.</summary>
    HalfWithOurs,
}

/// <summary>Files as the seed's Python bots make them: fourteen tables, with rows that their programs may well have written.</summary>
internal static class SeedDatabase
{
    // Column, type; '!' is NOT NULL; a default follows '='.
    private static readonly Dictionary<string, string> Columns = new()
    {
        ["signals"] = "trading_pair TEXT!,signal_type TEXT!,signal_strength INTEGER!,price REAL!,rsi REAL,macd REAL,macd_signal REAL,macd_histogram REAL,vwap REAL,ema9 REAL,ema21 REAL,sma50 REAL,bb_upper REAL,bb_middle REAL,bb_lower REAL,volume REAL,status TEXT='pending'",
        ["trades"] = "trading_pair TEXT!,side TEXT!,entry_price REAL!,exit_price REAL,quantity REAL!,pnl REAL=0,status TEXT='open',signal_id INTEGER,leverage INTEGER,position_mode TEXT,stop_loss REAL,take_profit REAL,closed_at DATETIME",
        ["bot_status"] = "bot_name TEXT!,status TEXT!,pid INTEGER,balance REAL,open_positions INTEGER=0,total_trades INTEGER=0,win_rate REAL=0,total_pnl REAL=0",
        ["model_checkpoints"] = "model_path TEXT!,version TEXT!,episode INTEGER=0,win_rate REAL=0,avg_return REAL=0,total_states INTEGER=0,notes TEXT",
        ["market_context"] = "btc_price REAL,btc_change_24h REAL,eth_price REAL,eth_change_24h REAL,btc_dominance REAL,fear_greed_index INTEGER,market_trend TEXT,btc_trend TEXT,market_regime TEXT,volatility_level TEXT",
        ["chart_analyses"] = "trading_pair TEXT!,timeframe TEXT!,recommendation TEXT,confidence TEXT,key_observations TEXT,risk_factors TEXT,ai_analysis TEXT,support_levels TEXT,resistance_levels TEXT,chart_image_path TEXT",
        ["performance_metrics"] = "period TEXT!,total_trades INTEGER=0,winning_trades INTEGER=0,losing_trades INTEGER=0,win_rate REAL=0,total_pnl REAL=0,avg_win REAL=0,avg_loss REAL=0,max_loss REAL=0,sharpe_ratio REAL,risk_reward_ratio REAL",
        ["correlation_data"] = "asset1 TEXT!,asset2 TEXT!,correlation_value REAL!,period_days INTEGER=7,strength TEXT",
        ["cost_analytics"] = "api_name TEXT!,operation_type TEXT!,api_calls INTEGER=0,estimated_cost REAL=0,cache_hits INTEGER=0,cache_misses INTEGER=0",
        ["news_cache"] = "article_url TEXT!,article_title TEXT,sentiment TEXT,confidence REAL,cache_expires_at DATETIME",
        ["spike_events"] = "trading_pair TEXT!,spike_type TEXT!,direction TEXT!,magnitude_percent REAL!,timeframe_minutes INTEGER!,volume_multiplier REAL,price_from REAL!,price_to REAL!,confidence_score REAL,detection_latency_ms INTEGER,agent_detected_by TEXT,status TEXT='detected',skip_reason TEXT,context_analysis TEXT,risk_assessment TEXT,trade_id INTEGER,outcome TEXT,pnl REAL",
        ["circuit_breaker_events"] = "triggered_at DATETIME!,cleared_at DATETIME,trigger_reason TEXT!,trigger_type TEXT!,status TEXT!,btc_price_at_trigger REAL,eth_price_at_trigger REAL,btc_drop_percent REAL,eth_drop_percent REAL,market_cap_drop_percent REAL,liquidations_1h REAL,fear_greed_index INTEGER,trigger_details TEXT,market_snapshot TEXT,downtime_seconds INTEGER,capital_saved REAL=0,orders_cancelled INTEGER=0,positions_affected INTEGER=0,recovery_time_seconds INTEGER,recovery_conditions_met TEXT,user_notified INTEGER=0,notes TEXT",
        ["agent_decisions"] = "agent_name TEXT!,agent_role TEXT!,decision_type TEXT!,decision TEXT!,confidence REAL,reasoning TEXT,input_data TEXT,output_data TEXT,execution_time_ms INTEGER,spike_event_id INTEGER,circuit_breaker_event_id INTEGER,trade_id INTEGER",
        ["agent_performance"] = "agent_name TEXT!,period TEXT!,total_decisions INTEGER=0,correct_decisions INTEGER=0,incorrect_decisions INTEGER=0,accuracy_percent REAL=0,avg_confidence REAL=0,avg_execution_time_ms REAL=0,total_spikes_detected INTEGER=0,true_positives INTEGER=0,false_positives INTEGER=0,false_negatives INTEGER=0,circuit_breaker_triggers INTEGER=0,false_circuit_breaker_triggers INTEGER=0,notes TEXT",
    };

    private static readonly Dictionary<string, string> ForeignKeys = new()
    {
        ["trades"] = ",FOREIGN KEY(signal_id) REFERENCES signals(id)",
        ["spike_events"] = ",FOREIGN KEY(trade_id) REFERENCES trades(id)",
        ["agent_decisions"] = ",FOREIGN KEY(spike_event_id) REFERENCES spike_events(id),FOREIGN KEY(circuit_breaker_event_id) REFERENCES circuit_breaker_events(id),FOREIGN KEY(trade_id) REFERENCES trades(id)",
    };

    private static readonly string[] OddTimes = ["'2025-10-07 12:00:00'", "'2025-10-07T12:00:00.123456'", "NULL", "'2025-10-07T12:00:00+02:00'", "1759838400", "'soon'"];

    public static IReadOnlyCollection<string> Tables => Columns.Keys;

    /// <summary>Rows in each table.</summary>
    public static int RowsEach => OddTimes.Length;

    /// <summary>Makes a file with the sqlite3 program.</summary>
    public static async Task CreateAsync(string path, SeedState state, string journalMode = "DELETE")
    {
        var sql = new StringBuilder($"PRAGMA journal_mode={journalMode};\nBEGIN;\n");
        foreach (var (table, columns) in Columns)
        {
            var time = table == "circuit_breaker_events" ? "" : ",timestamp DATETIME DEFAULT CURRENT_TIMESTAMP";
            var declared = string.Join(',', columns.Split(',').Select(static column => column.Replace("!", " NOT NULL", StringComparison.Ordinal).Replace("=", " DEFAULT ", StringComparison.Ordinal)));
            var unique = table == "news_cache" ? ",UNIQUE(article_url)" : "";
            sql.AppendLine($"CREATE TABLE {table}(id INTEGER PRIMARY KEY AUTOINCREMENT{time},{declared}{unique}{ForeignKeys.GetValueOrDefault(table)});");
            for (var row = 0; row < RowsEach; row++)
            {
                sql.AppendLine(Insert(table, columns, row));
            }
        }

        // A trade whose signal somebody deleted.
        sql.AppendLine("UPDATE trades SET signal_id = 4711 WHERE id = 2; UPDATE spike_events SET trade_id = 4711 WHERE id = 2;");
        sql.AppendLine(Migrations(state)).AppendLine("COMMIT;");
        await Tool.SqliteAsync(path, sql.ToString());
    }

    /// <summary>The seed's second migration, as its program would run it after us.</summary>
    public static Task RunRetentionMigrationAsync(string path, params string[] tables) =>
        Tool.SqliteAsync(path, string.Concat(tables.Select(static table => $"ALTER TABLE {table} ADD COLUMN retention_days INTEGER DEFAULT 30;")));

    /// <summary>All rows of the seed's columns, spelled so that types and every digit show; read with the sqlite3 program.</summary>
    public static Task<string> DumpAsync(string path) =>
        Tool.SqliteAsync(path, string.Concat(Columns.Select(static table =>
            $"SELECT '{table.Key}',id,{string.Join(',', Names(table.Key, table.Value).Select(static name => $"typeof({name}),quote({name})"))} FROM {table.Key} ORDER BY id;\n")));

    private static IEnumerable<string> Names(string table, string columns) =>
        (table == "circuit_breaker_events" ? [] : new[] { "timestamp" }).Concat(columns.Split(',').Select(static column => column.Split(' ')[0]));

    private static string Insert(string table, string columns, int row)
    {
        var all = columns.Split(',');
        var values = all.Select((column, i) => Value(table, column, i, row));
        return table == "circuit_breaker_events"
            ? $"INSERT INTO {table}({string.Join(',', all.Select(static column => column.Split(' ')[0]))}) VALUES ({string.Join(',', values)});"
            : $"INSERT INTO {table}(timestamp,{string.Join(',', all.Select(static column => column.Split(' ')[0]))}) VALUES ({OddTimes[row]},{string.Join(',', values)});";
    }

    /// <summary>Row 0 is as one expects, row 1 has every NULL that may be, row 2 long figures, row 3 text in numbers' columns.</summary>
    private static string Value(string table, string column, int position, int row)
    {
        var required = column.Contains('!', StringComparison.Ordinal);
        if (row == 1 && !required)
        {
            return "NULL";
        }

        return column.Split(' ')[1][..4] switch
        {
            "REAL" => row switch { 2 => "123456789.12345679", 3 => "'cheap'", 4 => "9e999", _ => (position + 0.1).ToString(CultureInfo.InvariantCulture) },
            "INTE" => row is 3 ? "'many'" : column.StartsWith("signal_id", StringComparison.Ordinal) || column.Contains("_id ", StringComparison.Ordinal) ? "1" : (position + row).ToString(CultureInfo.InvariantCulture),
            "DATE" => required && OddTimes[row] == "NULL" ? "''" : OddTimes[row],
            _ => row == 4 ? $"'{table} x''y \u20ac {{\"a\":1}}'" : $"'{column.Split(' ')[0]} {row}'",
        };
    }

    private static string Migrations(SeedState state)
    {
        if (state == SeedState.Fresh)
        {
            return "";
        }

        var sql = new StringBuilder("""
            CREATE TABLE schema_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL, description TEXT, applied_at DATETIME DEFAULT CURRENT_TIMESTAMP);
            CREATE INDEX idx_signals_timestamp ON signals(timestamp);
            CREATE INDEX idx_signals_trading_pair ON signals(trading_pair, timestamp);
            INSERT INTO schema_migrations(version, description) VALUES ('001_add_indexes', 'indexes');
            ALTER TABLE signals ADD COLUMN retention_days INTEGER DEFAULT 30;

            """);
        switch (state)
        {
            case SeedState.Migrated:
                sql.AppendLine("""
                    ALTER TABLE chart_analyses ADD COLUMN retention_days INTEGER DEFAULT 30;
                    ALTER TABLE cost_analytics ADD COLUMN retention_days INTEGER DEFAULT 90;
                    INSERT INTO schema_migrations(version, description) VALUES ('002_data_retention', 'retention');
                    """);
                break;
            case SeedState.HalfWithOurs:
                sql.AppendLine("ALTER TABLE signals ADD COLUMN strategy TEXT; ALTER TABLE trades ADD COLUMN Fees REAL; ALTER TABLE bot_status ADD COLUMN mode TEXT; UPDATE signals SET strategy = 'kept';");
                break;
        }

        return sql.ToString();
    }
}
