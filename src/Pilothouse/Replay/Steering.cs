namespace Pilothouse.Replay;

/// <summary>
/// Lets the bot obey what its owner asks. The bot hears by the answers to its reports: paused opens nothing, stopped ends (with its trades
/// left or closed), an emergency closes everything at once. It says when it has heard a control, and when it has done it.
/// </summary>
internal sealed class Steering(SampleBot bot, ReplayRecorder recorder, Action<string> tell)
{
    private long done;
    private bool isRunning = true;
    private bool isHalted;

    /// <summary>Whether the bot has been stopped. Then it does nothing more but report that.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>
    /// Heeds the circuit breaker: after it has refused a trade, the bot opens nothing, and asks each minute of its candles whether trades pass
    /// again.
    /// </summary>
    public async Task HeedBreakerAsync(CancellationToken cancellationToken)
    {
        if (recorder.Halt is { } reason && !isHalted)
        {
            tell($"The circuit breaker refuses trades: {reason}");
            isHalted = true;
        }
        else if (isHalted)
        {
            await recorder.AskBreakerAsync(cancellationToken);
            if (recorder.Halt is null)
            {
                tell("The circuit breaker lets trades pass again.");
                isHalted = false;
            }
        }

        bot.MayOpen = isRunning && !isHalted;
    }

    /// <summary>Does what was asked in the newest answer, if that is new.</summary>
    public async Task ObeyAsync(CancellationToken cancellationToken)
    {
        if (recorder.Orders is not { ControlSeq: { } number } orders)
        {
            return;
        }

        isRunning = orders.State == "running";
        bot.MayOpen = isRunning && !isHalted;
        HasStopped = orders.State == "stopped";
        // Not only a higher one: after a restored backup the numbers begin lower again.
        if (number == done)
        {
            return;
        }

        await recorder.AnswerAsync(number, isDone: false, cancellationToken);
        tell($"Control {number}: {orders.State}{(orders.EmergencyClose ? ", close everything" : "")}{(orders.Reason is { } why ? $" ({why})" : "")}");
        if (orders.EmergencyClose || (HasStopped && orders.OpenTrades == "close"))
        {
            foreach (var exit in bot.CloseAll(orders.EmergencyClose ? "emergency_close" : "stopped"))
            {
                await recorder.RecordAsync(exit, cancellationToken);
            }
        }

        await recorder.AnswerAsync(number, isDone: true, cancellationToken);
        done = number;
    }
}
