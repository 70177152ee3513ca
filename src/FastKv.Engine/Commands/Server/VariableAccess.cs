using System.Text;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

// Control plane. How a command with the key flag variable_flags uses its key depends on the other arguments; the flag exists for two commands.

/// <summary>The access of one execution, for COMMAND GETKEYSANDFLAGS and ACL key permissions.</summary>
internal static unsafe class VariableAccess
{
    public static KeyAccess Of(CommandDescriptor command, KeySpec spec, Argument* args, int count)
    {
        if ((spec.Access & KeyAccess.VariableFlags) == 0)
            return spec.Access;
        return command.Name switch
        {
            "set" => Has(args, count, from: 3, "GET") ? KeyAccess.RW | KeyAccess.Access | KeyAccess.Update : KeyAccess.OW | KeyAccess.Update,
            "bitfield" when OnlyGets(args, count) => KeyAccess.RO | KeyAccess.Access,
            _ => spec.Access & ~KeyAccess.VariableFlags,
        };
    }

    /// <summary>Whether a BITFIELD is a row of GETs; one whose syntax is wrong is not.</summary>
    private static bool OnlyGets(Argument* args, int count)
    {
        for (int i = 2; i < count; i++)
        {
            var word = args[i].Span;
            if (Ascii.EqualsIgnoreCase(word, "GET"u8) && i + 2 < count)
                i += 2;
            else if (Ascii.EqualsIgnoreCase(word, "OVERFLOW"u8) && i + 1 < count)
                i++;
            else
                return false;
        }
        return true;
    }

    private static bool Has(Argument* args, int count, int from, string word)
    {
        for (int i = from; i < count; i++)
        {
            if (Ascii.EqualsIgnoreCase(args[i].Span, word))
                return true;
        }
        return false;
    }
}
