using System.Text;
using FastKv.Structures;

namespace FastKv.Engine.Acl;

/// <summary>
/// A glob that is prepared for many matches: patterns such as <c>app:*</c> and those without wildcards, which are most, are compared as bytes.
/// Data plane. O(pattern), and O(pattern × text) with wildcards in the middle.
/// </summary>
internal readonly unsafe struct CompiledPattern
{
    private readonly byte[] _text;
    private readonly Form _form;

    /// <summary>Prepares a glob.</summary>
    /// <param name="pattern">Latin-1 text.</param>
    public CompiledPattern(string pattern)
    {
        string prefix = pattern.TrimEnd('*');
        bool isPlain = prefix.AsSpan().IndexOfAny("*?[\\") < 0;
        _form = !isPlain ? Form.Glob : prefix.Length < pattern.Length ? Form.Prefix : Form.Literal;
        _text = Encoding.Latin1.GetBytes(_form == Form.Prefix ? prefix : pattern);
    }

    private enum Form : byte
    {
        Literal, Prefix, Glob,
    }

    /// <summary>Whether the text matches: exactly as <see cref="Glob.IsMatch"/> has it, where an empty text matches an empty pattern only.</summary>
    public bool Matches(byte* text, int length)
    {
        if (_form == Form.Prefix)
            return length >= _text.Length && length > 0 && new ReadOnlySpan<byte>(text, _text.Length).SequenceEqual(_text);
        var span = new ReadOnlySpan<byte>(text, length);
        return _form == Form.Literal ? span.SequenceEqual(_text) : Glob.IsMatch(_text, span);
    }
}
