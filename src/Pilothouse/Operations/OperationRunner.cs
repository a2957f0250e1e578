using System.Text;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// Carries out every operation, for every door: it checks the scope, looks for a repetition (Idempotency-Key), checks the free disk space
/// and the rules of the input, and runs one transaction with the work, its row in the audit log and its kept answer. The transaction begins
/// by checking that the credential is still valid. The doors count the rate limits (<see cref="CallLimits"/>) before they read a body.
/// </summary>
internal sealed class OperationRunner(
    CallerDatabase database, IdempotencyStore kept, AnswerCache cache, AuditLog audit, DiskWatch disk, Settings settings, TimeProvider clock)
{
    /// <summary>How often a write is tried while others keep changing what it is decided from.</summary>
    private const int MostAttempts = 10;

    /// <summary>Throws a refusal unless the caller has the operation's scope. Doors call this before they read a body.</summary>
    public void Demand(Operation operation, Caller caller)
    {
        if (operation.Scope != Scopes.None)
        {
            caller.Require(operation.Scope);
        }
        else if (settings.RequireAuthForReads == true)
        {
            caller.Require(Scopes.Read);
        }

        operation.AlsoDemands?.Invoke(caller);
    }

    public ValueTask<KeptBytes> ReadAsync(ReadOperation operation, Call call)
    {
        Demand(operation, call.Caller);
        return operation.AnswerAsync(call, cache);
    }

    /// <summary>Begins a stream. The result writes it.</summary>
    public ValueTask<Func<StreamTarget, Task>> StreamAsync(StreamOperation operation, Call call)
    {
        Demand(operation, call.Caller);
        return operation.BeginAsync(call);
    }

    /// <summary>Runs long work. The credential is checked once more when it begins; after that it runs to its end.</summary>
    public async ValueTask<Outcome> ActAsync(ActOperation operation, Call call)
    {
        Demand(operation, call.Caller);
        await database.DemandAsync(call.Caller, call.Cancel);
        return await operation.RunAsync(call);
    }

    /// <summary>Carries out one write.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="call">The call.</param>
    /// <param name="body">The body in JSON.</param>
    /// <param name="parse">Reads the body and checks it by its rules.</param>
    /// <param name="output">The JSON type of the answer.</param>
    /// <param name="work">Runs inside the transaction. A refusal that it throws rolls the transaction back.</param>
    /// <param name="prepare">Runs before it; null for nothing.</param>
    public async Task<Outcome> WriteAsync<TInput, TAnswer>(
        WriteOperation operation, Call call, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, DateTimeOffset, TInput> parse,
        JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work, Func<Call, TInput, ValueTask>? prepare = null)
        where TAnswer : WriteAnswer
    {
        Demand(operation, call.Caller);
        if (operation.IsRepeatable && IdempotencyKey.Of(operation, call, body.Span) is { } key)
        {
            return await RunOnceAsync(operation, call, key, body, parse, output, work, prepare);
        }

        disk.DemandRoom();
        var value = parse(body, clock.GetUtcNow());
        await (prepare?.Invoke(call, value) ?? default);
        var answer = await StoreAsync(call, session => WorkAsync(session, operation, call, value, work));
        answer.Then?.Invoke();
        return new Outcome(answer.Status, JsonText.Utf8(answer.Body, output), Replayed: false);
    }

    /// <summary>Runs a write. One that was decided from what has changed meanwhile is decided again.</summary>
    private async Task<T> StoreAsync<T>(Call call, Func<Session, ValueTask<T>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await database.WriteAsync(call.Caller, work, call.Cancel);
            }
            catch (StaleWriteException stale)
            {
                if (attempt == MostAttempts)
                {
                    throw new DatabaseBusyException(stale.Message);
                }

                await stale.CatchUp(call.Cancel);
            }
        }
    }

    private async ValueTask<Answer<TAnswer>> WorkAsync<TInput, TAnswer>(
        Session session, WriteOperation operation, Call call, TInput value, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work)
        where TAnswer : WriteAnswer
    {
        var answer = await work(session, call, value);
        answer.Body.Ignored = call.Ignored.Count > 0 ? call.Ignored : null;
        if (answer.Changed is { } changed && (operation.Audited == Audited.Always || settings.AuditRecords))
        {
            await audit.RecordAsync(session, call, operation.Name, changed);
        }

        return answer;
    }

    private async Task<Outcome> RunOnceAsync<TInput, TAnswer>(
        WriteOperation operation, Call call, IdempotencyKey key, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, DateTimeOffset, TInput> parse,
        JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work, Func<Call, TInput, ValueTask>? prepare = null)
        where TAnswer : WriteAnswer
    {
        using var running = kept.Begin(key);
        if (await kept.FindAsync(key, call.Cancel) is { } known)
        {
            await database.DemandAsync(call.Caller, call.Cancel);
            return new Outcome(known.Status, Encoding.UTF8.GetBytes(known.Json), Replayed: true);
        }

        disk.DemandRoom();
        var value = parse(body, clock.GetUtcNow());
        await (prepare?.Invoke(call, value) ?? default);
        try
        {
            var (answer, json) = await StoreAsync(call, async session =>
            {
                var answer = await WorkAsync(session, operation, call, value, work);
                var json = JsonText.Of(answer.Body, output);
                await kept.KeepAsync(session, key, answer.Status, json);
                return (answer, json);
            });
            answer.Then?.Invoke();
            return new Outcome(answer.Status, Encoding.UTF8.GetBytes(json), Replayed: false);
        }
        catch (Refusal refusal) when (refusal.Status == 409 && refusal.Code is not (ErrorCodes.IdempotencyInProgress or ErrorCodes.BreakerTriggered))
        {
            await database.WriteAsync(call.Caller, async session =>
            {
                await kept.KeepAsync(session, key, refusal.Status, JsonText.Of(refusal.Body, ContractJson.Default.ErrorBody));
                return true;
            });
            throw;
        }
    }
}
