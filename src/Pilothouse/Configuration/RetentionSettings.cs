namespace Pilothouse.Configuration;

/// <summary>After how many days rows are removed (0: never), and how much free space a disk must have.</summary>
internal sealed class RetentionSettings
{
    public const int MostDays = 36_500;

    public RetentionSettings(SettingSource from)
    {
        SignalsDays = from.Whole("SIGNALS_RETENTION_DAYS", 30, 0, MostDays);
        ChartAnalysesDays = from.Whole("CHART_ANALYSES_RETENTION_DAYS", 30, 0, MostDays);
        BotStatusDays = from.Whole("BOT_STATUS_RETENTION_DAYS", 7, 0, MostDays);
        CostAnalyticsDays = from.Whole("COST_ANALYTICS_RETENTION_DAYS", 90, 0, MostDays);
        NewsCacheDays = from.Whole("NEWS_CACHE_RETENTION_DAYS", 7, 0, MostDays);
        CorrelationDataDays = from.Whole("CORRELATION_DATA_RETENTION_DAYS", 90, 0, MostDays);
        MarketContextDays = from.Whole("MARKET_CONTEXT_RETENTION_DAYS", 0, 0, MostDays);
        CandlesDays = from.Whole("CANDLES_RETENTION_DAYS", 90, 0, MostDays);
        AgentDecisionsDays = from.Whole("AGENT_DECISIONS_RETENTION_DAYS", 0, 0, MostDays);
        WebhookDeliveriesDays = from.Whole("WEBHOOK_DELIVERIES_RETENTION_DAYS", 30, 0, MostDays);
        AlertsDays = from.Whole("ALERTS_RETENTION_DAYS", 90, 0, MostDays);
        AuditLogDays = from.Whole("AUDIT_LOG_RETENTION_DAYS", 0, 0, MostDays);
        ChangesDays = from.Whole("CHANGES_RETENTION_DAYS", 7, 0, MostDays);
        DiskWarningMegabytes = from.Whole("DISK_WARNING_MB", 1024, 0, 1_000_000_000);
        DiskMinimumMegabytes = from.Whole("DISK_MINIMUM_MB", 100, 0, 1_000_000_000);
    }

    public int SignalsDays { get; }

    public int ChartAnalysesDays { get; }

    public int BotStatusDays { get; }

    public int CostAnalyticsDays { get; }

    public int NewsCacheDays { get; }

    public int CorrelationDataDays { get; }

    public int MarketContextDays { get; }

    public int CandlesDays { get; }

    public int AgentDecisionsDays { get; }

    public int WebhookDeliveriesDays { get; }

    public int AlertsDays { get; }

    public int AuditLogDays { get; }

    public int ChangesDays { get; }

    /// <summary>A disk with less free space causes a warning; 0 turns the warning off.</summary>
    public int DiskWarningMegabytes { get; }

    /// <summary>If the database's disk has less free space, writes are refused; 0 turns this off.</summary>
    public int DiskMinimumMegabytes { get; }
}
