using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>Which commands of a file the server runs; whoever checks files asks here, too. Control plane.</summary>
internal static unsafe class AofCommands
{
    /// <summary>The command; null: there is none of that name, or not with that number of arguments.</summary>
    public static CommandDescriptor? Find(Argument* arguments, int count)
    {
        var command = CommandTable.Find(arguments->Pointer, arguments->Length);
        return command is null ? null : CommandRules.Refine(command, arguments, count);
    }

    /// <summary>Whether a file may hold the command.</summary>
    public static bool IsKnown(Argument* arguments, int count) => Find(arguments, count) is not null || FunctionEffects.IsEffect(arguments, count);
}
