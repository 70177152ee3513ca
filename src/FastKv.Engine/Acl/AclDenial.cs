using System.Text;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Transactions;

namespace FastKv.Engine.Acl;

/// <summary>What a user who lacks a permission is told, and what ACL LOG remembers of it. Control plane: a denial is the exception.</summary>
internal static unsafe class AclDenial
{
    /// <summary>Replies which permission the client's user lacks for the command, and notes it in the log.</summary>
    public static void Reply(ref CommandContext context, CommandDescriptor command)
    {
        var verdict = Note(ref context, command, context.Client.Transaction.IsOpen ? AclContext.Multi : AclContext.TopLevel);
        Span<byte> text = stackalloc byte[160];
        var writer = new SpanText(text);
        switch (verdict)
        {
            case AclVerdict.Key:
                writer.Add(Errors.NoKeyPermission);
                break;
            case AclVerdict.Channel:
                writer.Add(Errors.NoChannelPermission);
                break;
            default:
                writer.Add(Errors.NoCommandPermissionPrefix);
                writer.AddAscii(command.Name);
                writer.Add(Errors.InCommandSuffix);
                break;
        }
        MultiExec.ReplyRefusal(ref context, command, writer.Written);
    }

    /// <summary>
    /// Asks again before a queued command of a transaction runs. False: it is no longer permitted, the reason has been replied and noted.
    /// Runs where EXEC runs, so perhaps on another thread than the client's loop.
    /// </summary>
    public static bool PermitsQueued(ref CommandContext context)
    {
        if (context.Client.Acl.Permits(context.Command, context.Arguments, context.Count))
            return true;
        context.Reply.Error(Errors.AclChangedPrefix, Note(ref context, context.Command, AclContext.Multi) switch
        {
            AclVerdict.Key => Errors.AclChangedKey,
            AclVerdict.Channel => Errors.AclChangedChannel,
            _ => Errors.AclChangedCommand,
        }, default);
        return false;
    }

    private static AclVerdict Note(ref CommandContext context, CommandDescriptor command, AclContext where)
    {
        var client = context.Client;

        // The rules may have become milder since they were asked; the refusal stands.
        var verdict = client.Acl.Permissions.Check(command, context.Arguments, context.Count, out int position);
        if (verdict == AclVerdict.Allowed)
            verdict = AclVerdict.Command;
        string what = verdict == AclVerdict.Command ? command.Name : Encoding.Latin1.GetString(context[position]);
        client.LastCommand = command;
        client.Loop.Server.Acl.Log.Add(client, verdict, where, what, client.Acl.Name);
        return verdict;
    }
}
