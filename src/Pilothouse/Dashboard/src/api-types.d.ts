// Generated from the OpenAPI document by types.mjs. Do not edit.
export interface paths {
    "/api/signals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listSignals"];
        put?: never;
        post: operations["createSignal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/trades": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listTrades"];
        put?: never;
        post: operations["createTrade"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/trades/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listOpenTrades"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/performance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["performance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/performance/equity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["equityCurve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/performance/daily": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["dailyPerformance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/performance/by": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["splitPerformance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/performance/distribution": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["resultDistribution"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bot-status/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["botStatusHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bots/{name}/control": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["botControl"];
        put?: never;
        post: operations["controlBot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listBots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/market-context": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["latestMarketContext"];
        put?: never;
        post: operations["createMarketContext"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/correlation/matrix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["correlationMatrix"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cost-analytics/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["costSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cost-budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listCostBudgets"];
        put?: never;
        post: operations["setCostBudget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/candles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listCandles"];
        put?: never;
        post: operations["createCandle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/news": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listNews"];
        put?: never;
        post: operations["createNews"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/news/sentiment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["newsSentiment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/prices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listPrices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/spikes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listSpikes"];
        put?: never;
        post: operations["createSpike"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/performance/signals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["signalScorecard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listDecisions"];
        put?: never;
        post: operations["createDecision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/performance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["agentPerformance"];
        put?: never;
        post: operations["createAgentPerformance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/why/trades/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["whyTrade"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["circuitBreaker"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listCircuitBreakerEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listCircuitBreakerRefusals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker/trigger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["triggerCircuitBreaker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/circuit-breaker/clear": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["clearCircuitBreaker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listConsents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consents/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["approveConsent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consents/{id}/deny": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["denyConsent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listApiKeys"];
        put?: never;
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listBackups"];
        put?: never;
        post: operations["createBackup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backups/{name}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["verifyBackup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alerts/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["resendAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["healthReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["healthLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["checkCredential"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Agent: {
            agent_name: string;
            roles: string[];
            /** Format: int64 */
            decisions: number;
            /** Format: double */
            cost_today: null | number;
            last_decision: null | components["schemas"]["Decision"];
        };
        AgentFigures: {
            agent_name: string;
            roles: string[];
            /** Format: date-time */
            first_decision_at: string;
            /** Format: date-time */
            last_decision_at: string;
            figures: components["schemas"]["DecisionFigures"];
            types: components["schemas"]["TypeFigures"][];
            periods: components["schemas"]["PeriodOfDecisions"][];
        };
        AgentPerformance: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            agent_name?: null | string;
            period?: null | string;
            /** Format: int64 */
            total_decisions?: null | number;
            /** Format: int64 */
            correct_decisions?: null | number;
            /** Format: int64 */
            incorrect_decisions?: null | number;
            /** Format: double */
            accuracy_percent?: null | number;
            /** Format: double */
            avg_confidence?: null | number;
            /** Format: double */
            avg_execution_time_ms?: null | number;
            /** Format: int64 */
            total_spikes_detected?: null | number;
            /** Format: int64 */
            true_positives?: null | number;
            /** Format: int64 */
            false_positives?: null | number;
            /** Format: int64 */
            false_negatives?: null | number;
            /** Format: int64 */
            circuit_breaker_triggers?: null | number;
            /** Format: int64 */
            false_circuit_breaker_triggers?: null | number;
            notes?: null | string;
            /** Format: date-time */
            period_start?: null | string;
        };
        AgentPerformanceAnswer: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["AgentPerformance"][];
            next_cursor: null | string;
            computed: components["schemas"]["ComputedPerformance"];
        };
        AgentPerformanceStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            performance_id: number;
            ignored?: null | string[];
        };
        Alert: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            at?: null | string;
            topic?: null | string;
            event?: null | string;
            state?: null | string;
            text?: null | string;
            bot_name?: null | string;
            /** Format: int64 */
            resolved?: null | number;
            /** Format: int64 */
            urgent?: null | number;
            /** Format: int64 */
            count?: null | number;
            /** Format: date-time */
            gather_until?: null | string;
            deliveries?: components["schemas"]["AlertDelivery"][];
        };
        AlertDelivery: {
            target: string;
            state: string;
            /** Format: int64 */
            attempts: number;
            /** Format: date-time */
            next_at: null | string;
            /** Format: date-time */
            sent_at: null | string;
            problem: null | string;
        };
        AlertResent: {
            success: boolean;
            message: string;
            /** Format: int64 */
            alert_id: number;
            ignored?: null | string[];
        };
        ApiKeyCreated: {
            success: boolean;
            message: string;
            /** Format: int64 */
            key_id: number;
            key: string;
            ignored?: null | string[];
        };
        ApiKeyList: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["ApiKeyRow"][];
            next_cursor: null | string;
        };
        ApiKeyRevoked: {
            success: boolean;
            message: string;
            /** Format: int64 */
            key_id: number;
            ignored?: null | string[];
        };
        ApiKeyRow: {
            /** Format: int64 */
            id: number;
            name: string;
            scopes: ("read" | "write" | "control")[];
            bot_name: null | string;
            /** Format: date-time */
            created_at: null | string;
            /** Format: date-time */
            expires_at: null | string;
            /** Format: date-time */
            revoked_at: null | string;
            agent: boolean;
        };
        AssetPnl: {
            currency: string;
            /** Format: double */
            today_pnl: null | number;
            /** Format: double */
            total_pnl: null | number;
        };
        AssetSentiment: {
            asset: string;
            /** Format: int64 */
            n: number;
            /** Format: double */
            sentiment: null | number;
        };
        AuditEntry: {
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            timestamp: null | string;
            who: string;
            who_name: null | string;
            operation: string;
            door: string;
            address: null | string;
            request_id: null | string;
            record_table: null | string;
            /** Format: int64 */
            record_id: null | number;
            before: null | components["schemas"]["JsonElement"];
            after: null | components["schemas"]["JsonElement"];
            reason: null | string;
            chain: string;
            /** Format: int64 */
            number: number;
            key_id: string;
            hash: string;
        };
        AuthState: {
            success: boolean;
            authenticated: boolean;
            /** Format: int32 */
            expires_in: null | number;
        };
        BackupCreated: {
            success: boolean;
            message: string;
            backup_name: string;
            data: components["schemas"]["BackupRow"];
        };
        BackupList: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["BackupRow"][];
            next_cursor: null | string;
        };
        BackupRow: {
            name: string;
            /** Format: date-time */
            made_at: string;
            made_by: null | string;
            /** Format: int64 */
            size_bytes: number;
            /** Format: int64 */
            database_size_bytes: null | number;
            state: string;
            problem: null | string;
            sha256: null | string;
            schema_version: null | string;
            /** Format: int64 */
            foreign_key_violations: null | number;
            tables: null | {
                [key: string]: number;
            };
        };
        BackupVerified: {
            success: boolean;
            message: string;
            backup_name: string;
            /** Format: int64 */
            database_size_bytes: number;
            /** Format: int64 */
            foreign_key_violations: number;
            tables: {
                [key: string]: number;
            };
            note: null | string;
        };
        BotControlAsked: {
            success: boolean;
            message: string;
            /** Format: int64 */
            control_seq: number;
            control: components["schemas"]["BotOrders"];
            warnings: string[];
            ignored?: null | string[];
        };
        BotControlPart: {
            /** Format: int64 */
            control_seq: number;
            /** Format: date-time */
            asked_at: null | string;
            asked_by: null | string;
            asked_by_name: null | string;
            reason: null | string;
            /** Format: date-time */
            heard_at: null | string;
            /** Format: date-time */
            done_at: null | string;
        };
        BotControlParts: {
            state: null | components["schemas"]["BotControlPart"];
            mode: null | components["schemas"]["BotControlPart"];
            emergency_close: null | components["schemas"]["BotControlPart"];
        };
        BotControlRow: {
            /** Format: int64 */
            control_seq: number;
            bot_name: string;
            /** Format: date-time */
            asked_at: null | string;
            asked_by: null | string;
            asked_by_name: null | string;
            state: null | string;
            mode: null | string;
            emergency_close: null | boolean;
            open_trades: null | string;
            reason: null | string;
            /** Format: date-time */
            heard_at?: null | string;
            /** Format: date-time */
            done_at?: null | string;
        };
        BotControlSaid: {
            bot_name: string;
            /** Format: int64 */
            control_seq: number;
            /** Format: date-time */
            heard_at: null | string;
            /** Format: date-time */
            done_at: null | string;
        };
        BotControlView: {
            bot_name?: string;
            /** Format: int64 */
            control_seq?: null | number;
            state?: string;
            mode?: null | string;
            emergency_close?: boolean;
            open_trades?: null | string;
            reason?: null | string;
            /** Format: date-time */
            asked_at?: null | string;
            asked_by?: null | string;
            progress?: null | string;
            /** Format: date-time */
            heard_at?: null | string;
            /** Format: date-time */
            done_at?: null | string;
            asked: components["schemas"]["BotControlParts"];
            said: components["schemas"]["BotControlSaid"][];
            controls: components["schemas"]["BotControlRow"][];
        };
        BotOrders: {
            bot_name: string;
            /** Format: int64 */
            control_seq: null | number;
            state: string;
            mode: null | string;
            emergency_close: boolean;
            open_trades: null | string;
            reason: null | string;
            /** Format: date-time */
            asked_at: null | string;
            asked_by: null | string;
        };
        BotOverview: {
            bot_name: string;
            status: null | string;
            mode: null | string;
            /** Format: date-time */
            reported_at: null | string;
            /** Format: double */
            heartbeat_age_seconds: null | number;
            /** Format: double */
            expected_every_seconds: null | number;
            silent: boolean;
            /** Format: int64 */
            open_trades: number;
            /** Format: double */
            today_pnl: null | number;
            /** Format: double */
            total_pnl: null | number;
            currency: string;
            pnl_by_currency: components["schemas"]["AssetPnl"][];
            /** Format: double */
            ai_cost_month: null | number;
            modes: components["schemas"]["ModeOverview"][];
            control: components["schemas"]["BotOrders"];
            last_report: components["schemas"]["BotStatus"];
            warnings: string[];
            undefined: {
                [key: string]: string;
            };
        };
        BotStatus: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            bot_name?: null | string;
            status?: null | string;
            /** Format: int64 */
            pid?: null | number;
            /** Format: double */
            balance?: null | number;
            /** Format: int64 */
            open_positions?: null | number;
            /** Format: int64 */
            total_trades?: null | number;
            /** Format: double */
            win_rate?: null | number;
            /** Format: double */
            total_pnl?: null | number;
            mode?: null | string;
            message?: null | string;
            /** Format: int64 */
            expected_every_seconds?: null | number;
            /** Format: int64 */
            control_seq?: null | number;
        };
        BreakerCleared: {
            success: boolean;
            message: string;
            event_ids: number[];
            ignored?: null | string[];
        };
        BreakerEvent: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            triggered_at?: null | string;
            /** Format: date-time */
            cleared_at?: null | string;
            trigger_reason?: null | string;
            trigger_type?: null | string;
            status?: null | string;
            /** Format: double */
            btc_price_at_trigger?: null | number;
            /** Format: double */
            eth_price_at_trigger?: null | number;
            /** Format: double */
            btc_drop_percent?: null | number;
            /** Format: double */
            eth_drop_percent?: null | number;
            /** Format: double */
            market_cap_drop_percent?: null | number;
            /** Format: double */
            liquidations_1h?: null | number;
            /** Format: int64 */
            fear_greed_index?: null | number;
            trigger_details?: null | components["schemas"]["JsonElement"];
            market_snapshot?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            downtime_seconds?: null | number;
            /** Format: double */
            capital_saved?: null | number;
            /** Format: int64 */
            orders_cancelled?: null | number;
            /** Format: int64 */
            positions_affected?: null | number;
            /** Format: int64 */
            recovery_time_seconds?: null | number;
            recovery_conditions_met?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            user_notified?: null | number;
            notes?: null | string;
            triggered_by?: null | string;
            cleared_by?: null | string;
            bot_name?: null | string;
            mode?: null | string;
            /** Format: int64 */
            dry_run?: null | number;
        };
        BreakerMeasure: {
            name: string;
            /** Format: double */
            value: null | number;
            /** Format: double */
            limit: number;
            bot_name: null | string;
            mode: null | string;
            undefined: null | string;
        };
        BreakerReason: {
            trigger_type: string;
            message: string;
            /** Format: int64 */
            event_id: number;
            status: string;
            /** Format: date-time */
            since: string;
            bot_name: null | string;
            mode: null | string;
            dry_run: boolean;
        };
        BreakerRefusal: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            /** Format: date-time */
            last_refused_at?: null | string;
            /** Format: int64 */
            times?: null | number;
            /** Format: int64 */
            event_id?: null | number;
            bot_name?: null | string;
            trading_pair?: null | string;
            side?: null | string;
            mode?: null | string;
            /** Format: int64 */
            trade_id?: null | number;
            /** Format: double */
            price?: null | number;
            /** Format: double */
            quantity?: null | number;
        };
        BreakerTriggered: {
            success: boolean;
            message: string;
            /** Format: int64 */
            event_id: number;
            ignored?: null | string[];
        };
        BreakerView: {
            state: string;
            may_trade: boolean;
            /** Format: date-time */
            since: null | string;
            reasons: components["schemas"]["BreakerReason"][];
            measures: components["schemas"]["BreakerMeasure"][];
        };
        CalibrationBand: {
            /** Format: double */
            from: number;
            /** Format: double */
            to: number;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            right: number;
            /** Format: double */
            right_percent: null | number;
            /** Format: double */
            avg_confidence: null | number;
        };
        Candle: {
            /** Format: int64 */
            id?: number;
            trading_pair?: null | string;
            timeframe?: null | string;
            /** Format: date-time */
            open_time?: null | string;
            /** Format: double */
            open?: null | number;
            /** Format: double */
            high?: null | number;
            /** Format: double */
            low?: null | number;
            /** Format: double */
            close?: null | number;
            /** Format: double */
            volume?: null | number;
            /** Format: date-time */
            known_at?: null | string;
        };
        CandleStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            candle_id: number;
            ignored?: null | string[];
        };
        ChartAnalysis: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair?: null | string;
            timeframe?: null | string;
            recommendation?: null | string;
            confidence?: null | string;
            key_observations?: unknown;
            risk_factors?: unknown;
            ai_analysis?: null | string;
            support_levels?: unknown;
            resistance_levels?: unknown;
            chart_image_path?: null | string;
            bot_name?: null | string;
            model?: null | string;
            /** Format: int64 */
            signal_id?: null | number;
        };
        Check: {
            name: string;
            state: string;
            message: string;
        };
        ComputedPerformance: {
            /** Format: date-time */
            from: null | string;
            /** Format: date-time */
            to: null | string;
            /** Format: date-time */
            judged_at: string;
            period: string;
            agents: components["schemas"]["AgentFigures"][];
        };
        ConsentDecided: {
            success: boolean;
            message: string;
            /** Format: int64 */
            consent_id: number;
            data: components["schemas"]["ConsentRequest"];
            ignored?: null | string[];
        };
        ConsentDenial: {
            reason?: null | string;
        };
        ConsentRequest: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            asked_at?: null | string;
            /** Format: date-time */
            expires_at?: null | string;
            status?: null | string;
            consent?: null | string;
            operation?: null | string;
            target?: null | string;
            body?: null | components["schemas"]["JsonElement"];
            bot_name?: null | string;
            door?: null | string;
            asked_by?: null | string;
            asked_by_name?: null | string;
            /** Format: date-time */
            decided_at?: null | string;
            decided_by?: null | string;
            decided_by_name?: null | string;
            reason?: null | string;
            /** Format: int64 */
            result_status?: null | number;
            result?: null | components["schemas"]["JsonElement"];
        };
        CorrelationMatrix: {
            /** Format: int64 */
            period_days: number;
            /** Format: date-time */
            computed_at: string;
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            assets: string[];
            matrix: (null | number)[][];
            samples: number[][];
            undefined: {
                [key: string]: string;
            };
        };
        CostBudget: {
            /** Format: int64 */
            id: null | number;
            bot_name: string;
            /** Format: double */
            monthly_budget: number;
            /** Format: date-time */
            set_at: null | string;
            set_by: null | string;
            month: string;
            /** Format: double */
            spent: null | number;
            /** Format: double */
            used_percent: null | number;
            /** Format: double */
            projection: null | number;
            /** Format: int64 */
            unpriced_uses: number;
            reached: number[];
        };
        CostBudgetSet: {
            success: boolean;
            message: string;
            /** Format: int64 */
            budget_id: number;
            /** Format: double */
            before?: null | number;
            ignored?: null | string[];
        };
        CostFigures: {
            /** Format: int64 */
            uses: number;
            /** Format: int64 */
            api_calls: number;
            /** Format: double */
            cost: null | number;
            /** Format: int64 */
            input_tokens: number;
            /** Format: int64 */
            output_tokens: number;
            /** Format: int64 */
            cached_tokens: number;
            /** Format: int64 */
            cache_hits: number;
            /** Format: int64 */
            cache_misses: number;
            /** Format: double */
            cache_hit_rate: null | number;
            /** Format: double */
            saved_by_cache: null | number;
            /** Format: int64 */
            hits_without_cost: number;
            /** Format: int64 */
            unpriced_uses: number;
            /** Format: int64 */
            unpriced_tokens: number;
        };
        CostMonth: {
            month: string;
            /** Format: double */
            spent: null | number;
            /** Format: double */
            elapsed_part: number;
            /** Format: double */
            projection: null | number;
            /** Format: int64 */
            unpriced_uses: number;
        };
        CostPart: {
            name: null | string;
            /** Format: int64 */
            uses?: number;
            /** Format: int64 */
            api_calls?: number;
            /** Format: double */
            cost?: null | number;
            /** Format: int64 */
            input_tokens?: number;
            /** Format: int64 */
            output_tokens?: number;
            /** Format: int64 */
            cached_tokens?: number;
            /** Format: int64 */
            cache_hits?: number;
            /** Format: int64 */
            cache_misses?: number;
            /** Format: double */
            cache_hit_rate?: null | number;
            /** Format: double */
            saved_by_cache?: null | number;
            /** Format: int64 */
            hits_without_cost?: number;
            /** Format: int64 */
            unpriced_uses?: number;
            /** Format: int64 */
            unpriced_tokens?: number;
        };
        CostSummary: {
            from: string;
            to: string;
            currency: string;
            total: components["schemas"]["CostFigures"];
            month: components["schemas"]["CostMonth"];
            by_day: null | components["schemas"]["CostPart"][];
            by_api: null | components["schemas"]["CostPart"][];
            by_operation: null | components["schemas"]["CostPart"][];
            by_model: null | components["schemas"]["CostPart"][];
            by_bot: null | components["schemas"]["CostPart"][];
            by_agent: null | components["schemas"]["CostPart"][];
            unpriced_models: string[];
            undefined: {
                [key: string]: string;
            };
        };
        CurrencyFigures: {
            currency: string;
            /** Format: int64 */
            total_trades: number;
            /** Format: int64 */
            winning_trades: number;
            /** Format: int64 */
            losing_trades: number;
            /** Format: double */
            win_rate: number;
            /** Format: double */
            total_pnl: null | number;
            /** Format: double */
            avg_win: null | number;
            /** Format: double */
            avg_loss: null | number;
            /** Format: double */
            max_win: null | number;
            /** Format: double */
            max_loss: null | number;
            /** Format: double */
            risk_reward_ratio: null | number;
            /** Format: int64 */
            breakeven_trades: number;
            /** Format: double */
            total_fees: null | number;
            best_day: null | components["schemas"]["DayPnl"];
            worst_day: null | components["schemas"]["DayPnl"];
            /** Format: double */
            profit_factor: null | number;
            /** Format: double */
            expectancy: null | number;
            /** Format: double */
            expectancy_ratio: null | number;
            /** Format: double */
            max_drawdown: null | number;
            /** Format: double */
            sqn: null | number;
        };
        CurrencyResult: {
            currency: string;
            /** Format: int64 */
            trades: number;
            /** Format: double */
            pnl: null | number;
        };
        DailyReport: {
            days: components["schemas"]["DayFigures"][];
            /** Format: int32 */
            total_days: number;
            undefined: {
                [key: string]: string;
            };
            basis: components["schemas"]["PerformanceBasis"];
        };
        DayFigures: {
            /** Format: date */
            date: string;
            /** Format: int64 */
            total_trades: number;
            /** Format: int64 */
            winning_trades: number;
            /** Format: int64 */
            losing_trades: number;
            /** Format: double */
            pnl: null | number;
            /** Format: double */
            fees: null | number;
            /** Format: double */
            flows: null | number;
            /** Format: double */
            equity: null | number;
            /** Format: double */
            return_percent: null | number;
        };
        DayPnl: {
            /** Format: date */
            date?: string;
            /** Format: double */
            pnl?: number;
        };
        Decision: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            agent_name?: null | string;
            agent_role?: null | string;
            decision_type?: null | string;
            decision?: null | string;
            /** Format: double */
            confidence?: null | number;
            reasoning?: null | string;
            input_data?: null | components["schemas"]["JsonElement"];
            output_data?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            execution_time_ms?: null | number;
            /** Format: int64 */
            spike_event_id?: null | number;
            /** Format: int64 */
            circuit_breaker_event_id?: null | number;
            /** Format: int64 */
            trade_id?: null | number;
            /** Format: int64 */
            signal_id?: null | number;
            bot_name?: null | string;
        };
        DecisionFigures: {
            /** Format: int64 */
            decisions: number;
            /** Format: double */
            avg_confidence: null | number;
            /** Format: double */
            avg_execution_time_ms: null | number;
            /** Format: double */
            p95_execution_time_ms: null | number;
            /** Format: double */
            cost: null | number;
            horizons: components["schemas"]["HorizonFigures"][];
            undefined: {
                [key: string]: string;
            };
        };
        DecisionStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            decision_id: number;
            ignored?: null | string[];
        };
        DistributionReport: {
            /** Format: int64 */
            total_trades: number;
            money: null | components["schemas"]["ResultDistribution"];
            percent: components["schemas"]["ResultDistribution"];
            undefined: {
                [key: string]: string;
            };
            basis: components["schemas"]["PerformanceBasis"];
        };
        EquityPoint: {
            /** Format: date-time */
            timestamp: null | string;
            /** Format: double */
            equity: null | number;
            /** Format: double */
            total_pnl: null | number;
            /** Format: double */
            flows: null | number;
            /** Format: double */
            drawdown: null | number;
            /** Format: double */
            drawdown_percent: null | number;
            /** Format: double */
            return_percent: null | number;
        };
        EquityReport: {
            points: components["schemas"]["EquityPoint"][];
            /** Format: int64 */
            total_points: number;
            undefined: {
                [key: string]: string;
            };
            basis: components["schemas"]["PerformanceBasis"];
        };
        Fill: {
            /** Format: int64 */
            id?: null | number;
            /** Format: int64 */
            trade_id?: null | number;
            kind?: null | string;
            /** Format: double */
            price?: null | number;
            /** Format: double */
            quantity?: null | number;
            /** Format: double */
            fees?: null | number;
            /** Format: date-time */
            filled_at?: null | string;
            external_id?: null | string;
            /** Format: double */
            realized_pnl?: null | number;
        };
        FollowedTrades: {
            /** Format: int64 */
            trades: number;
            /** Format: int64 */
            winning: number;
            /** Format: int64 */
            losing: number;
            /** Format: int64 */
            breakeven: number;
            /** Format: double */
            win_rate: null | number;
            /** Format: int64 */
            returns: number;
            /** Format: double */
            avg_return: null | number;
            /** Format: double */
            sqn: null | number;
            by_currency: components["schemas"]["CurrencyResult"][];
        };
        GroupFigures: {
            key: null | string;
            /** Format: int64 */
            total_trades: number;
            /** Format: int64 */
            winning_trades: number;
            /** Format: int64 */
            losing_trades: number;
            /** Format: int64 */
            breakeven_trades: number;
            /** Format: double */
            win_rate: number;
            /** Format: double */
            total_pnl: null | number;
            /** Format: double */
            avg_win: null | number;
            /** Format: double */
            avg_loss: null | number;
            /** Format: double */
            max_win: null | number;
            /** Format: double */
            max_loss: null | number;
            /** Format: double */
            risk_reward_ratio: null | number;
            /** Format: double */
            total_fees: null | number;
            /** Format: double */
            avg_holding_seconds: null | number;
            /** Format: double */
            profit_factor: null | number;
            /** Format: double */
            expectancy: null | number;
            /** Format: double */
            max_drawdown: null | number;
            currency: string;
            undefined: {
                [key: string]: string;
            };
        };
        Health: {
            status: string;
            service: string;
            version: string;
            /** Format: date-time */
            timestamp: string;
            database: string;
        };
        HorizonFigures: {
            horizon: string;
            /** Format: int64 */
            right: number;
            /** Format: int64 */
            wrong: number;
            /** Format: int64 */
            neither: number;
            /** Format: int64 */
            unknown: number;
            /** Format: int64 */
            n: number;
            /** Format: double */
            accuracy_percent: null | number;
            /** Format: double */
            accuracy_low: null | number;
            /** Format: double */
            accuracy_high: null | number;
            enough_data: boolean;
            /** Format: double */
            brier_score: null | number;
            /** Format: int64 */
            brier_n: number;
            calibration: components["schemas"]["CalibrationBand"][];
            undefined: {
                [key: string]: string;
            };
        };
        HorizonScore: {
            /** Format: int32 */
            hours: number;
            /** Format: int64 */
            n: number;
            /** Format: int64 */
            right: number;
            /** Format: int64 */
            unchanged: number;
            /** Format: int64 */
            unjudged: number;
            /** Format: double */
            hit_rate: null | number;
            /** Format: double */
            low: null | number;
            /** Format: double */
            high: null | number;
            /** Format: double */
            base_rate: null | number;
            /** Format: int64 */
            base_n: number;
            /** Format: double */
            edge: null | number;
            beats_base: null | boolean;
            enough_data: boolean;
        };
        JsonElement: boolean | number | string | Record<string, never> | unknown[];
        LoggedIn: {
            success: boolean;
            message: string;
            token: string;
            /** Format: int32 */
            expires_in: number;
            ignored?: null | string[];
        };
        LoggedOut: {
            success: boolean;
            message: string;
        };
        Login: {
            pin?: null | string;
        };
        MarketSnapshot: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            /** Format: double */
            btc_price?: null | number;
            /** Format: double */
            btc_change_24h?: null | number;
            /** Format: double */
            eth_price?: null | number;
            /** Format: double */
            eth_change_24h?: null | number;
            /** Format: double */
            btc_dominance?: null | number;
            /** Format: int64 */
            fear_greed_index?: null | number;
            market_trend?: null | string;
            btc_trend?: null | string;
            market_regime?: null | string;
            volatility_level?: null | string;
            /** Format: double */
            total_market_cap?: null | number;
            /** Format: double */
            liquidations_1h?: null | number;
        };
        MarketSnapshotStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            context_id: number;
            ignored?: null | string[];
        };
        ModeOverview: {
            mode: null | string;
            status: null | string;
            /** Format: date-time */
            reported_at: null | string;
            /** Format: double */
            heartbeat_age_seconds: null | number;
            /** Format: double */
            expected_every_seconds: null | number;
            silent: boolean;
            left: boolean;
            /** Format: int64 */
            open_trades: number;
            /** Format: double */
            today_pnl: null | number;
            /** Format: double */
            total_pnl: null | number;
        };
        NewAgentPerformance: {
            /** Format: date-time */
            timestamp?: null | string;
            agent_name: string;
            /** @enum {string} */
            period: "daily" | "weekly" | "monthly";
            /** Format: int64 */
            total_decisions?: null | number;
            /** Format: int64 */
            correct_decisions?: null | number;
            /** Format: int64 */
            incorrect_decisions?: null | number;
            /** Format: double */
            accuracy_percent?: null | number;
            /** Format: double */
            avg_confidence?: null | number;
            /** Format: double */
            avg_execution_time_ms?: null | number;
            /** Format: int64 */
            total_spikes_detected?: null | number;
            /** Format: int64 */
            true_positives?: null | number;
            /** Format: int64 */
            false_positives?: null | number;
            /** Format: int64 */
            false_negatives?: null | number;
            /** Format: int64 */
            circuit_breaker_triggers?: null | number;
            /** Format: int64 */
            false_circuit_breaker_triggers?: null | number;
            notes?: null | string;
        };
        NewApiKey: {
            name: string;
            scopes: ("read" | "write" | "control")[];
            bot_name?: null | string;
            /** Format: date-time */
            expires_at?: null | string;
            agent?: null | boolean;
        };
        NewBotControl: {
            /** @enum {null|string} */
            state?: "running" | "paused" | "stopped" | null;
            /** @enum {null|string} */
            mode?: "auto" | "manual" | "paper" | null;
            emergency_close?: null | boolean;
            /** @enum {null|string} */
            open_trades?: "close" | "leave" | null;
            reason?: null | string;
        };
        NewBreakerClearing: {
            reason: string;
            bot_name?: null | string;
            hold?: null | components["schemas"]["NewHold"][];
        };
        NewBreakerTrigger: {
            reason: string;
            bot_name?: null | string;
            /** @enum {null|string} */
            mode?: "auto" | "manual" | "paper" | null;
        };
        NewCandle: {
            trading_pair: string;
            timeframe: string;
            /** Format: date-time */
            open_time: string;
            /** Format: double */
            open: number;
            /** Format: double */
            high: number;
            /** Format: double */
            low: number;
            /** Format: double */
            close: number;
            /** Format: double */
            volume?: null | number;
        };
        NewCostBudget: {
            bot_name: string;
            /** Format: double */
            monthly_budget: number;
        };
        NewDecision: {
            /** Format: date-time */
            timestamp?: null | string;
            agent_name: string;
            agent_role: string;
            decision_type: string;
            decision: string;
            /** Format: double */
            confidence?: null | number;
            reasoning?: null | string;
            input_data?: null | components["schemas"]["JsonElement"];
            output_data?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            execution_time_ms?: null | number;
            /** Format: int64 */
            spike_event_id?: null | number;
            /** Format: int64 */
            circuit_breaker_event_id?: null | number;
            /** Format: int64 */
            trade_id?: null | number;
            /** Format: int64 */
            signal_id?: null | number;
            bot_name?: null | string;
        };
        NewHold: {
            trigger_type?: null | string;
            measure?: null | string;
            mode?: null | string;
            new_peak?: null | boolean;
            /** Format: double */
            limit?: null | number;
            /** Format: int64 */
            pause_minutes?: null | number;
        };
        NewMarketSnapshot: {
            /** Format: date-time */
            timestamp?: null | string;
            /** Format: double */
            btc_price?: null | number;
            /** Format: double */
            btc_change_24h?: null | number;
            /** Format: double */
            eth_price?: null | number;
            /** Format: double */
            eth_change_24h?: null | number;
            /** Format: double */
            btc_dominance?: null | number;
            /** Format: int64 */
            fear_greed_index?: null | number;
            /** @enum {null|string} */
            market_trend?: "bullish" | "bearish" | "neutral" | null;
            btc_trend?: null | string;
            /** @enum {null|string} */
            market_regime?: "risk_on" | "risk_off" | "neutral" | null;
            /** @enum {null|string} */
            volatility_level?: "high" | "medium" | "low" | null;
            /** Format: double */
            total_market_cap?: null | number;
            /** Format: double */
            liquidations_1h?: null | number;
        };
        NewNewsArticle: {
            /** Format: date-time */
            timestamp?: null | string;
            article_url: string;
            article_title?: null | string;
            /** @enum {null|string} */
            sentiment?: "bullish" | "bearish" | "neutral" | null;
            /** Format: double */
            confidence?: null | number;
            /** Format: date-time */
            cache_expires_at?: null | string;
            source?: null | string;
            /** Format: date-time */
            published_at?: null | string;
            assets?: null | string[];
        };
        NewSignal: {
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair: string;
            /** @enum {string} */
            signal_type: "BUY" | "SELL" | "HOLD";
            /** Format: int64 */
            signal_strength: number;
            /** Format: double */
            price: number;
            /** Format: double */
            rsi?: null | number;
            /** Format: double */
            macd?: null | number;
            /** Format: double */
            macd_signal?: null | number;
            /** Format: double */
            macd_histogram?: null | number;
            /** Format: double */
            vwap?: null | number;
            /** Format: double */
            ema9?: null | number;
            /** Format: double */
            ema21?: null | number;
            /** Format: double */
            sma50?: null | number;
            /** Format: double */
            bb_upper?: null | number;
            /** Format: double */
            bb_middle?: null | number;
            /** Format: double */
            bb_lower?: null | number;
            /** Format: double */
            volume?: null | number;
            /** @enum {null|string} */
            status?: "pending" | "executed" | "skipped" | null;
            bot_name?: null | string;
            strategy?: null | string;
            timeframe?: null | string;
            /** Format: double */
            confidence?: null | number;
            model?: null | string;
        };
        NewSpike: {
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair: string;
            spike_type: string;
            /** @enum {string} */
            direction: "pump" | "dump";
            /** Format: double */
            magnitude_percent: number;
            /** Format: int64 */
            timeframe_minutes: number;
            /** Format: double */
            volume_multiplier?: null | number;
            /** Format: double */
            price_from: number;
            /** Format: double */
            price_to: number;
            /** Format: double */
            confidence_score?: null | number;
            /** Format: int64 */
            detection_latency_ms?: null | number;
            agent_detected_by?: null | string;
            /** @enum {null|string} */
            status?: "detected" | "analyzed" | "skipped" | "traded" | null;
            skip_reason?: null | string;
            context_analysis?: null | components["schemas"]["JsonElement"];
            risk_assessment?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            trade_id?: null | number;
            bot_name?: null | string;
        };
        NewTrade: {
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair: string;
            /** @enum {string} */
            side: "BUY" | "SELL";
            /** Format: double */
            entry_price: number;
            /** Format: double */
            quantity: number;
            /** Format: double */
            contract_size?: null | number;
            /** @enum {null|string} */
            contract_type?: "linear" | "inverse" | null;
            settle_asset?: null | string;
            /** Format: double */
            leverage?: null | number;
            /** @enum {null|string} */
            position_mode?: "one-way" | "hedge" | null;
            /** Format: int64 */
            signal_id?: null | number;
            /** Format: double */
            stop_loss?: null | number;
            /** Format: double */
            take_profit?: null | number;
            external_id?: null | string;
            bot_name?: null | string;
            /** @enum {null|string} */
            mode?: "auto" | "manual" | "paper" | null;
            /** @enum {null|string} */
            status?: "open" | "closed" | null;
            /** Format: double */
            exit_price?: null | number;
            /** Format: date-time */
            closed_at?: null | string;
            /** Format: double */
            fees?: null | number;
            fee_asset?: null | string;
            /** Format: double */
            fee_rate?: null | number;
            /** Format: double */
            funding?: null | number;
            strategy?: null | string;
            exit_reason?: null | string;
            is_closed?: boolean;
        };
        NewsArticle: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            article_url?: null | string;
            article_title?: null | string;
            sentiment?: null | string;
            /** Format: double */
            confidence?: null | number;
            /** Format: date-time */
            cache_expires_at?: null | string;
            source?: null | string;
            /** Format: date-time */
            published_at?: null | string;
            assets?: null | string[];
        };
        NewsSentiment: {
            /** Format: int32 */
            hours: number;
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            asset: null | string;
            source: null | string;
            /** Format: int64 */
            n: number;
            /** Format: double */
            sentiment: null | number;
            /** Format: double */
            weight: number;
            /** Format: int64 */
            bullish: number;
            /** Format: int64 */
            neutral: number;
            /** Format: int64 */
            bearish: number;
            /** Format: int64 */
            without_confidence: number;
            by_asset: components["schemas"]["AssetSentiment"][];
            undefined: {
                [key: string]: string;
            };
        };
        NewsStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            news_id: number;
            ignored?: null | string[];
        };
        OneOfBotControlView: {
            success: boolean;
            data: components["schemas"]["BotControlView"];
        };
        OneOfBreakerView: {
            success: boolean;
            data: components["schemas"]["BreakerView"];
        };
        OneOfCostSummary: {
            success: boolean;
            data: components["schemas"]["CostSummary"];
        };
        OneOfDailyReport: {
            success: boolean;
            data: components["schemas"]["DailyReport"];
        };
        OneOfDistributionReport: {
            success: boolean;
            data: components["schemas"]["DistributionReport"];
        };
        OneOfEquityReport: {
            success: boolean;
            data: components["schemas"]["EquityReport"];
        };
        OneOfMarketSnapshot: {
            success: boolean;
            data: components["schemas"]["MarketSnapshot"];
        };
        OneOfNewsSentiment: {
            success: boolean;
            data: components["schemas"]["NewsSentiment"];
        };
        OneOfPerformanceReport: {
            success: boolean;
            data: components["schemas"]["PerformanceReport"];
        };
        OneOfSignalScorecard: {
            success: boolean;
            data: components["schemas"]["SignalScorecard"];
        };
        OneOfSplitReport: {
            success: boolean;
            data: components["schemas"]["SplitReport"];
        };
        OneOfWhyTrade: {
            success: boolean;
            data: components["schemas"]["WhyTrade"];
        };
        OneOrNoneOfCorrelationMatrix: {
            success: boolean;
            data: null | components["schemas"]["CorrelationMatrix"];
        };
        PageOfAgent: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Agent"][];
            next_cursor: null | string;
        };
        PageOfAlert: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Alert"][];
            next_cursor: null | string;
        };
        PageOfAuditEntry: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["AuditEntry"][];
            next_cursor: null | string;
        };
        PageOfBotOverview: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["BotOverview"][];
            next_cursor: null | string;
        };
        PageOfBotStatus: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["BotStatus"][];
            next_cursor: null | string;
        };
        PageOfBreakerEvent: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["BreakerEvent"][];
            next_cursor: null | string;
        };
        PageOfBreakerRefusal: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["BreakerRefusal"][];
            next_cursor: null | string;
        };
        PageOfCandle: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Candle"][];
            next_cursor: null | string;
        };
        PageOfConsentRequest: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["ConsentRequest"][];
            next_cursor: null | string;
        };
        PageOfCostBudget: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["CostBudget"][];
            next_cursor: null | string;
        };
        PageOfDecision: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Decision"][];
            next_cursor: null | string;
        };
        PageOfNewsArticle: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["NewsArticle"][];
            next_cursor: null | string;
        };
        PageOfSignal: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Signal"][];
            next_cursor: null | string;
        };
        PageOfSpike: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Spike"][];
            next_cursor: null | string;
        };
        PageOfTrade: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["Trade"][];
            next_cursor: null | string;
        };
        PairPrice: {
            trading_pair: string;
            /** Format: double */
            price: number;
            /** Format: date-time */
            time: string;
            /** Format: int64 */
            age_seconds: number;
            source: string;
        };
        PairPrices: {
            success: boolean;
            /** Format: int32 */
            count: number;
            data: components["schemas"]["PairPrice"][];
        };
        PerformanceBasis: {
            /** Format: double */
            starting_balance: null | number;
            starting_balance_source: null | string;
            time_zone: string;
            /** Format: int32 */
            annualisation_days: number;
            period: string;
            /** Format: date-time */
            from: null | string;
            /** Format: date-time */
            to: null | string;
            /** Format: int32 */
            days?: null | number;
            /**
             * Format: int32
             * @default 0
             */
            accounts: number;
            /**
             * Format: int32
             * @default 0
             */
            flows: number;
            accounts_without_balance?: null | string[];
            currency?: null | string;
            /** Format: double */
            unexplained?: null | number;
            equity_currency?: null | string;
        };
        PerformanceReport: {
            /** Format: int64 */
            total_trades: number;
            /** Format: int64 */
            winning_trades: number;
            /** Format: int64 */
            losing_trades: number;
            /** Format: double */
            win_rate: number;
            /** Format: double */
            total_pnl: null | number;
            /** Format: double */
            avg_win: null | number;
            /** Format: double */
            avg_loss: null | number;
            /** Format: double */
            max_win: null | number;
            /** Format: double */
            max_loss: null | number;
            /** Format: double */
            risk_reward_ratio: null | number;
            /** Format: int64 */
            breakeven_trades: number;
            /** Format: double */
            total_fees: null | number;
            /** Format: double */
            avg_holding_seconds: null | number;
            /** Format: int64 */
            longest_win_streak: number;
            /** Format: int64 */
            longest_loss_streak: number;
            best_day: null | components["schemas"]["DayPnl"];
            worst_day: null | components["schemas"]["DayPnl"];
            /** Format: double */
            profit_factor: null | number;
            /** Format: double */
            expectancy: null | number;
            /** Format: double */
            expectancy_ratio: null | number;
            /** Format: double */
            max_drawdown: null | number;
            /** Format: double */
            max_drawdown_percent: null | number;
            /** Format: date-time */
            max_drawdown_from: null | string;
            /** Format: date-time */
            max_drawdown_to: null | string;
            /** Format: date-time */
            max_drawdown_percent_from: null | string;
            /** Format: date-time */
            max_drawdown_percent_to: null | string;
            /** Format: double */
            sharpe_ratio: null | number;
            /** Format: double */
            sortino_ratio: null | number;
            /** Format: double */
            cagr: null | number;
            /** Format: double */
            calmar_ratio: null | number;
            /** Format: double */
            sqn: null | number;
            by_currency: components["schemas"]["CurrencyFigures"][];
            undefined: {
                [key: string]: string;
            };
            basis: components["schemas"]["PerformanceBasis"];
        };
        PeriodOfDecisions: {
            /** Format: date-time */
            period_start: string;
            figures: components["schemas"]["DecisionFigures"];
        };
        Readiness: {
            status: string;
            service: string;
            version: string;
            /** Format: date-time */
            timestamp: string;
            database: string;
            checks: components["schemas"]["Check"][];
        };
        ResultBin: {
            /** Format: double */
            from: number;
            /** Format: double */
            to: number;
            /** Format: int64 */
            trades: number;
        };
        ResultDistribution: {
            /** Format: int64 */
            trades: number;
            /** Format: double */
            mean: null | number;
            /** Format: double */
            standard_deviation: null | number;
            /** Format: double */
            min: null | number;
            /** Format: double */
            max: null | number;
            /** Format: double */
            bin_width: null | number;
            bins: components["schemas"]["ResultBin"][];
        };
        ScoreBasis: {
            /** Format: date-time */
            from: null | string;
            /** Format: date-time */
            to: null | string;
            /** Format: date-time */
            judged_at: string;
            /** Format: double */
            confidence_percent: number;
        };
        Signal: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair?: null | string;
            signal_type?: null | string;
            /** Format: int64 */
            signal_strength?: null | number;
            /** Format: double */
            price?: null | number;
            /** Format: double */
            rsi?: null | number;
            /** Format: double */
            macd?: null | number;
            /** Format: double */
            macd_signal?: null | number;
            /** Format: double */
            macd_histogram?: null | number;
            /** Format: double */
            vwap?: null | number;
            /** Format: double */
            ema9?: null | number;
            /** Format: double */
            ema21?: null | number;
            /** Format: double */
            sma50?: null | number;
            /** Format: double */
            bb_upper?: null | number;
            /** Format: double */
            bb_middle?: null | number;
            /** Format: double */
            bb_lower?: null | number;
            /** Format: double */
            volume?: null | number;
            status?: null | string;
            bot_name?: null | string;
            strategy?: null | string;
            timeframe?: null | string;
            /** Format: double */
            confidence?: null | number;
            model?: null | string;
        };
        SignalScore: {
            key: null | string;
            /** Format: int64 */
            signals: number;
            horizons: components["schemas"]["HorizonScore"][];
            trades: components["schemas"]["FollowedTrades"];
        };
        SignalScorecard: {
            by: string;
            groups: components["schemas"]["SignalScore"][];
            others: null | components["schemas"]["SignalScore"];
            total: components["schemas"]["SignalScore"];
            undefined: {
                [key: string]: string;
            };
            basis: components["schemas"]["ScoreBasis"];
        };
        SignalStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            signal_id: number;
            ignored?: null | string[];
        };
        Spike: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair?: null | string;
            spike_type?: null | string;
            direction?: null | string;
            /** Format: double */
            magnitude_percent?: null | number;
            /** Format: int64 */
            timeframe_minutes?: null | number;
            /** Format: double */
            volume_multiplier?: null | number;
            /** Format: double */
            price_from?: null | number;
            /** Format: double */
            price_to?: null | number;
            /** Format: double */
            confidence_score?: null | number;
            /** Format: int64 */
            detection_latency_ms?: null | number;
            agent_detected_by?: null | string;
            status?: null | string;
            skip_reason?: null | string;
            context_analysis?: null | components["schemas"]["JsonElement"];
            risk_assessment?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            trade_id?: null | number;
            bot_name?: null | string;
            outcome?: null | string;
            /** Format: double */
            pnl?: null | number;
        };
        SpikeStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            spike_id: number;
            ignored?: null | string[];
        };
        SplitReport: {
            by: string;
            groups: components["schemas"]["GroupFigures"][];
            others: null | components["schemas"]["GroupFigures"];
            basis: components["schemas"]["PerformanceBasis"];
        };
        Trade: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            trading_pair?: null | string;
            side?: null | string;
            /** Format: double */
            entry_price?: null | number;
            /** Format: double */
            exit_price?: null | number;
            /** Format: double */
            quantity?: null | number;
            /** Format: double */
            pnl?: null | number;
            status?: null | string;
            /** Format: int64 */
            signal_id?: null | number;
            /** Format: double */
            leverage?: null | number;
            position_mode?: null | string;
            /** Format: double */
            stop_loss?: null | number;
            /** Format: double */
            take_profit?: null | number;
            /** Format: date-time */
            closed_at?: null | string;
            bot_name?: null | string;
            mode?: null | string;
            /** Format: double */
            fees?: null | number;
            /** Format: double */
            pnl_percentage?: null | number;
            exit_reason?: null | string;
            external_id?: null | string;
            /** Format: date-time */
            voided_at?: null | string;
            void_reason?: null | string;
            /** Format: double */
            contract_size?: null | number;
            contract_type?: null | string;
            settle_asset?: null | string;
            fee_asset?: null | string;
            /** Format: double */
            fee_rate?: null | number;
            /** Format: double */
            funding?: null | number;
            strategy?: null | string;
            /** Format: double */
            remaining_quantity?: null | number;
            /** Format: double */
            realized_pnl?: null | number;
            /** Format: double */
            average_cost?: null | number;
            /** Format: double */
            initial_stop_loss?: null | number;
            /** Format: double */
            risk?: null | number;
            /** Format: double */
            r_multiple?: null | number;
            /** Format: double */
            price?: null | number;
            /** Format: int64 */
            price_age_seconds?: null | number;
            /** Format: double */
            unrealized_pnl?: null | number;
            /** Format: double */
            mfe?: null | number;
            /** Format: double */
            mae?: null | number;
        };
        TradeStored: {
            success: boolean;
            message: string;
            /** Format: int64 */
            trade_id: number;
            ignored?: null | string[];
        };
        TypeFigures: {
            decision_type: null | string;
            figures: components["schemas"]["DecisionFigures"];
        };
        WhyCost: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            api_name?: null | string;
            operation_type?: null | string;
            /** Format: int64 */
            api_calls?: null | number;
            /** Format: double */
            estimated_cost?: null | number;
            /** Format: int64 */
            cache_hits?: null | number;
            /** Format: int64 */
            cache_misses?: null | number;
            bot_name?: null | string;
            model?: null | string;
            /** Format: int64 */
            input_tokens?: null | number;
            /** Format: int64 */
            output_tokens?: null | number;
            /** Format: int64 */
            cached_tokens?: null | number;
            /** Format: int64 */
            decision_id?: null | number;
            /** Format: int64 */
            signal_id?: null | number;
            /** Format: int64 */
            analysis_id?: null | number;
            cost_source?: null | string;
            unpriced?: boolean;
        };
        WhyDecision: {
            /** Format: int64 */
            id?: number;
            /** Format: date-time */
            timestamp?: null | string;
            agent_name?: null | string;
            agent_role?: null | string;
            decision_type?: null | string;
            decision?: null | string;
            /** Format: double */
            confidence?: null | number;
            reasoning?: null | string;
            input_data?: null | components["schemas"]["JsonElement"];
            output_data?: null | components["schemas"]["JsonElement"];
            /** Format: int64 */
            execution_time_ms?: null | number;
            /** Format: int64 */
            spike_event_id?: null | number;
            /** Format: int64 */
            circuit_breaker_event_id?: null | number;
            /** Format: int64 */
            trade_id?: null | number;
            /** Format: int64 */
            signal_id?: null | number;
            bot_name?: null | string;
            /** Format: double */
            ai_cost?: null | number;
        };
        WhyGap: {
            what: string;
            message: string;
        };
        WhyResult: {
            status: null | string;
            /** Format: double */
            pnl: null | number;
            /** Format: double */
            holding_seconds: null | number;
            /** Format: double */
            ai_cost: null | number;
            /** Format: int64 */
            unpriced_uses: number;
            /** Format: double */
            pnl_after_ai: null | number;
            currency: null | string;
        };
        WhyStep: {
            /** Format: date-time */
            time: null | string;
            kind: string;
            signal?: null | components["schemas"]["Signal"];
            analysis?: null | components["schemas"]["ChartAnalysis"];
            decision?: null | components["schemas"]["WhyDecision"];
            spike?: null | components["schemas"]["Spike"];
            cost?: null | components["schemas"]["WhyCost"];
            fill?: null | components["schemas"]["Fill"];
        };
        WhyTrade: {
            trade: components["schemas"]["Trade"];
            steps: components["schemas"]["WhyStep"][];
            result: components["schemas"]["WhyResult"];
            missing: components["schemas"]["WhyGap"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listSignals: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                trading_pair?: string;
                signal_type?: "BUY" | "SELL" | "HOLD";
                status?: "pending" | "executed" | "skipped";
                bot_name?: string;
                strategy?: string;
                timeframe?: string;
                model?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfSignal"];
                };
            };
        };
    };
    createSignal: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSignal"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignalStored"];
                };
            };
        };
    };
    listTrades: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                format?: "json" | "csv";
                status?: "open" | "closed" | "voided";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                signal_id?: number;
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                external_id?: string;
                from_date?: string;
                to_date?: string;
                closed_from?: string;
                closed_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfTrade"];
                    "text/csv": string;
                };
            };
        };
    };
    createTrade: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTrade"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TradeStored"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TradeStored"];
                };
            };
        };
    };
    listOpenTrades: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                status?: "open" | "closed";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                signal_id?: number;
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                external_id?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfTrade"];
                };
            };
        };
    };
    performance: {
        parameters: {
            query?: {
                period?: "daily" | "weekly" | "monthly" | "all";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                strategy?: string;
                currency?: string;
                from_date?: string;
                to_date?: string;
                starting_balance?: number;
                tz?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfPerformanceReport"];
                };
            };
        };
    };
    equityCurve: {
        parameters: {
            query?: {
                period?: "daily" | "weekly" | "monthly" | "all";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                strategy?: string;
                currency?: string;
                from_date?: string;
                to_date?: string;
                starting_balance?: number;
                tz?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfEquityReport"];
                };
            };
        };
    };
    dailyPerformance: {
        parameters: {
            query?: {
                period?: "daily" | "weekly" | "monthly" | "all";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                strategy?: string;
                currency?: string;
                from_date?: string;
                to_date?: string;
                starting_balance?: number;
                tz?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfDailyReport"];
                };
            };
        };
    };
    splitPerformance: {
        parameters: {
            query?: {
                by?: "pair" | "side" | "bot" | "strategy" | "exit_reason" | "weekday" | "hour";
                period?: "daily" | "weekly" | "monthly" | "all";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                strategy?: string;
                currency?: string;
                from_date?: string;
                to_date?: string;
                tz?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfSplitReport"];
                };
            };
        };
    };
    resultDistribution: {
        parameters: {
            query?: {
                period?: "daily" | "weekly" | "monthly" | "all";
                trading_pair?: string;
                side?: "BUY" | "SELL";
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
                strategy?: string;
                currency?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfDistributionReport"];
                };
            };
        };
    };
    botStatusHistory: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                from_date?: string;
                to_date?: string;
                bot_name?: string;
                status?: "running" | "stopped" | "error" | "paused";
                mode?: "auto" | "manual" | "paper";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfBotStatus"];
                };
            };
        };
    };
    botControl: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfBotControlView"];
                };
            };
        };
    };
    controlBot: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBotControl"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BotControlAsked"];
                };
            };
        };
    };
    listBots: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfBotOverview"];
                };
            };
        };
    };
    latestMarketContext: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfMarketSnapshot"];
                };
            };
        };
    };
    createMarketContext: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMarketSnapshot"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MarketSnapshotStored"];
                };
            };
        };
    };
    correlationMatrix: {
        parameters: {
            query?: {
                period_days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOrNoneOfCorrelationMatrix"];
                };
            };
        };
    };
    costSummary: {
        parameters: {
            query?: {
                from_date?: string;
                to_date?: string;
                api_name?: string;
                operation_type?: string;
                model?: string;
                bot_name?: string;
                agent?: string;
                by?: "day" | "api" | "operation" | "model" | "bot" | "agent";
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfCostSummary"];
                };
            };
        };
    };
    listCostBudgets: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfCostBudget"];
                };
            };
        };
    };
    setCostBudget: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCostBudget"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostBudgetSet"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CostBudgetSet"];
                };
            };
        };
    };
    listCandles: {
        parameters: {
            query: {
                trading_pair: string;
                timeframe: string;
                from?: string;
                to?: string;
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfCandle"];
                };
            };
        };
    };
    createCandle: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCandle"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CandleStored"];
                };
            };
        };
    };
    listNews: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                format?: "json" | "csv";
                asset?: string;
                sentiment?: "bullish" | "bearish" | "neutral";
                source?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfNewsArticle"];
                    "text/csv": string;
                };
            };
        };
    };
    createNews: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewNewsArticle"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewsStored"];
                };
            };
        };
    };
    newsSentiment: {
        parameters: {
            query?: {
                hours?: number;
                asset?: string;
                source?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfNewsSentiment"];
                };
            };
        };
    };
    listPrices: {
        parameters: {
            query?: {
                trading_pair?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PairPrices"];
                };
            };
        };
    };
    listSpikes: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                format?: "json" | "csv";
                trading_pair?: string;
                spike_type?: string;
                direction?: "pump" | "dump";
                agent_detected_by?: string;
                status?: "detected" | "analyzed" | "skipped" | "traded";
                trade_id?: number;
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfSpike"];
                    "text/csv": string;
                };
            };
        };
    };
    createSpike: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSpike"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpikeStored"];
                };
            };
        };
    };
    signalScorecard: {
        parameters: {
            query?: {
                by?: "type" | "strength" | "strategy" | "model" | "bot" | "pair";
                trading_pair?: string;
                signal_type?: "BUY" | "SELL" | "HOLD";
                strategy?: string;
                model?: string;
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfSignalScorecard"];
                };
            };
        };
    };
    listDecisions: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                format?: "json" | "csv";
                agent_name?: string;
                agent_role?: string;
                decision_type?: string;
                spike_event_id?: number;
                circuit_breaker_event_id?: number;
                trade_id?: number;
                signal_id?: number;
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfDecision"];
                    "text/csv": string;
                };
            };
        };
    };
    createDecision: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDecision"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionStored"];
                };
            };
        };
    };
    listAgents: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfAgent"];
                };
            };
        };
    };
    agentPerformance: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                agent_name?: string;
                period?: "daily" | "weekly" | "monthly";
                agent_role?: string;
                decision_type?: string;
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentPerformanceAnswer"];
                };
            };
        };
    };
    createAgentPerformance: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAgentPerformance"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentPerformanceStored"];
                };
            };
        };
    };
    whyTrade: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfWhyTrade"];
                };
            };
        };
    };
    circuitBreaker: {
        parameters: {
            query?: {
                bot_name?: string;
                mode?: "auto" | "manual" | "paper";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneOfBreakerView"];
                };
            };
        };
    };
    listCircuitBreakerEvents: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                trigger_type?: "btc_dump" | "eth_dump" | "market_wide" | "liquidations" | "systemic" | "manual" | "drawdown" | "daily_loss" | "losing_streak";
                status?: "triggered" | "recovering" | "cleared" | "false_trigger";
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfBreakerEvent"];
                };
            };
        };
    };
    listCircuitBreakerRefusals: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                event_id?: number;
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfBreakerRefusal"];
                };
            };
        };
    };
    triggerCircuitBreaker: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBreakerTrigger"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakerTriggered"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakerTriggered"];
                };
            };
        };
    };
    clearCircuitBreaker: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBreakerClearing"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakerCleared"];
                };
            };
        };
    };
    listConsents: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                status?: "waiting" | "approved" | "denied" | "expired" | "failed";
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfConsentRequest"];
                };
            };
        };
    };
    approveConsent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsentDecided"];
                };
            };
        };
    };
    denyConsent: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConsentDenial"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsentDecided"];
                };
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyCreated"];
                };
            };
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyRevoked"];
                };
            };
        };
    };
    listBackups: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupList"];
                };
            };
        };
    };
    createBackup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupCreated"];
                };
            };
        };
    };
    verifyBackup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupVerified"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                who?: string;
                operation?: string;
                record_table?: string;
                record_id?: number;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfAuditEntry"];
                };
            };
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                types?: string;
                trading_pair?: string;
                bot_name?: string;
                after?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                state?: "gathering" | "waiting" | "sent" | "dead";
                topic?: string;
                bot_name?: string;
                from_date?: string;
                to_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOfAlert"];
                };
            };
        };
    };
    resendAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertResent"];
                };
            };
        };
    };
    healthReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    healthLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedOut"];
                };
            };
        };
    };
    checkCredential: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthState"];
                };
            };
        };
    };
}
