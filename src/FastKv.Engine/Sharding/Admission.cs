using FastKv.Engine.Acl;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;
using FastKv.Engine.Commands.Transactions;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. What may forbid a known command to a client whose gate is not open, in Redis's order: authentication, transactions, permissions, memory,
// the subscriber's mode, loading. A client with an open gate is never asked.

/// <summary>Why a command is refused.</summary>
internal enum Refusal
{
    None, NotAuthenticated, NotInTransaction, NoPermission, OutOfMemory, SaveFailed, DiskError, SubscriberMode, Loading, IsMonitor, Protected,
}

/// <summary>Decides whether a client of one loop may run a command now.</summary>
internal sealed unsafe class Admission(ShardLoop loop)
{
    private readonly ShardLoop _loop = loop;

    /// <summary>What forbids the command; leaves no trace, so that a command that is refused can be asked for again where its reply is written.</summary>
    public Refusal Check(Client client, CommandDescriptor command, Argument* arguments, int count)
    {
        var gate = client.Gate;
        if (ProtectedCommands.Find(client, command) != ProtectedCommand.None)
            return Refusal.Protected;
        if ((gate & ClientGate.Unauthenticated) != 0 && (command.Flags & CommandFlags.NoAuth) == 0)
            return Refusal.NotAuthenticated;
        if ((gate & ClientGate.Multi) != 0 && (command.Flags & CommandFlags.NoMulti) != 0)
            return Refusal.NotInTransaction;
        if ((gate & ClientGate.Restricted) != 0 && !client.Acl.Permits(command, arguments, count))
            return Refusal.NoPermission;
        if ((gate & ClientGate.MemoryLimit) != 0 && _loop.Server.MemoryLimit.Refuses(_loop, client, command))
            return Refusal.OutOfMemory;
        if ((gate & ClientGate.SaveFailed) != 0 && StopsWrites && TellsOfDisk(client, command))
            return Refusal.SaveFailed;
        if ((gate & ClientGate.DiskError) != 0 && TellsOfDisk(client, command))
            return Refusal.DiskError;
        if ((gate & ClientGate.SubscriberMode) != 0 && !IsForSubscribers(command))
            return Refusal.SubscriberMode;
        if ((gate & ClientGate.Loading) != 0 && (command.Flags & CommandFlags.Loading) == 0)
            return Refusal.Loading;
        if ((gate & ClientGate.IsMonitor) != 0 && (command.Flags & (CommandFlags.Write | CommandFlags.ReadOnly | CommandFlags.MayReplicate)) != 0)
            return Refusal.IsMonitor;
        return Refusal.None;
    }

    /// <summary>Replies the error of a refusal and counts it; a transaction that is being queued is spoilt.</summary>
    public void Refuse(Refusal refusal, CommandDescriptor command, ref CommandContext context)
    {
        switch (refusal)
        {
            case Refusal.NotAuthenticated:
                MultiExec.ReplyRefusal(ref context, command, Errors.NoAuth);
                break;
            case Refusal.NotInTransaction:
                context.Reply.Error(Errors.NotInTransaction);
                break;
            case Refusal.NoPermission:
                AclDenial.Reply(ref context, command);
                break;
            case Refusal.OutOfMemory:
                MultiExec.ReplyRefusal(ref context, command, Errors.OutOfMemory);
                break;
            case Refusal.SaveFailed:
                MultiExec.ReplyRefusal(ref context, command, Errors.SaveFailed);
                break;
            case Refusal.DiskError:
                MultiExec.ReplyRefusal(ref context, command, System.Text.Encoding.UTF8.GetBytes(
                    "MISCONF Errors writing to the AOF file: " + Persistence.Files.FileErrors.TextOf(_loop.Server.Aof.RefusalError)));
                break;
            case Refusal.SubscriberMode:
                ReplySubscriberMode(ref context, command);
                break;
            case Refusal.Loading:
                context.Reply.Error(Errors.Loading);
                break;
            case Refusal.Protected:
                ProtectedCommands.Reply(ref context, ProtectedCommands.Find(context.Client, command));
                break;
            case Refusal.IsMonitor:
                context.Reply.Error(Errors.MonitorOnKeyspace);
                break;
        }
        _loop.Statistics.Commands.Reject(command);
        _loop.Statistics.Errors.Pending = 0;
        if (context.Client.Transaction.IsOpen)
            context.Client.Transaction.IsAborted = true;
        else
            context.Client.Gate &= ~ClientGate.Multi;
    }

    /// <summary>Whether a failed save forbids what would have to be saved.</summary>
    private bool StopsWrites => _loop.Server.Options is { StopWritesOnSaveError: true, SavePoints.Length: > 0 };

    /// <summary>
    /// Whether a command must not change what can no longer be saved: one that writes, or an EXEC of such. PING tells of it too, for those who watch over the
    /// server.
    /// </summary>
    private static bool TellsOfDisk(Client client, CommandDescriptor command)
    {
        var flags = command.Route == CommandRoute.Transaction ? client.Transaction.Flags : command.Flags;
        return (flags & CommandFlags.Write) != 0 || command.Name == "ping";
    }

    /// <summary>What a RESP2 client with subscriptions may still call.</summary>
    private static bool IsForSubscribers(CommandDescriptor command) => command.Name is
        "ping" or "subscribe" or "ssubscribe" or "unsubscribe" or "sunsubscribe" or "psubscribe" or "punsubscribe" or "quit" or "reset";

    private static void ReplySubscriberMode(ref CommandContext context, CommandDescriptor command)
    {
        Span<byte> text = stackalloc byte[192];
        var writer = new SpanText(text);
        if (command.Route != CommandRoute.Transaction)
            writer.Add("ERR "u8);
        writer.Add("Can't execute '"u8);
        writer.AddAscii(command.Name);
        writer.Add("': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"u8);
        MultiExec.ReplyRefusal(ref context, command, writer.Written);
    }
}
